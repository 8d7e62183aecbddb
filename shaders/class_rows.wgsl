// out[b] = x[b, 0]: the class token's row of each picture; an invocation copies 4 columns.
//
//   x    (B, T, D)   D a multiple of 4
//   out  (B, D)
//import group

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> p: vec4u; // B

const Q = D / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.x * Q { return; }
    out[at] = x[at / Q * T * Q + at % Q];
}
