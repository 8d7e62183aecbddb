// dx[b, 0] = dy[b], dx[b, t > 0] = 0; an invocation writes 4 columns.
//
//   dy  (B, D)       D a multiple of 4
//   dx  (B, T, D)
//import group

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(2) var<uniform> p: vec4u; // B * T

const Q = D / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.x * Q { return; }
    let row = at / Q;
    var v = vec4f();
    if row % T == 0u { v = dy[row / T * Q + at % Q]; }
    dx[at] = v;
}
