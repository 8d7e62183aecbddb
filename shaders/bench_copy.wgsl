// out = x, one vec4 per invocation: the memory rate that kernels reach.
//
//   x, out  (4 n)
//import group

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> p: vec4u; // n

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at < p.x { out[at] = x[at]; }
}
