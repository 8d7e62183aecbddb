// The batches of a step, one behind the other: store = x at place count.
//
//   x      (N)
//   store  (batches N)
//   count  (1)   whole
//import group

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> store: array<f32>;
@group(0) @binding(2) var<storage, read> count: array<f32>;
@group(0) @binding(3) var<uniform> p: vec4u; // N

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at < p.x { store[u32(count[0]) * p.x + at] = x[at]; }
}
