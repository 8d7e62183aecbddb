// y = the p.y-th element of x and those behind it.
//
//   x  (N)
//   y  (p.x)
//import group

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> p: vec4u; // elements, offset

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at < p.x { y[at] = x[p.y + at]; }
}
