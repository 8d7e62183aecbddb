// Rows overwrite the oldest of a ring, from pointer on, unless the step is not finite.
//
//   x        (R, D)
//   ring     (Q, D)
//   pointer  (1)     whole
//   nonfinite  (1)   not zero: nothing is changed
//
// MoCo's queue (arXiv 1911.05722).
//import group

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> ring: array<f32>;
@group(0) @binding(2) var<storage, read> pointer: array<f32>;
@group(0) @binding(3) var<storage, read> nonfinite: array<u32>;
@group(0) @binding(4) var<uniform> p: vec4u; // R, D, Q

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.x * p.y || nonfinite[0] != 0u { return; }
    ring[(u32(pointer[0]) * p.y + at) % (p.z * p.y)] = x[at];
}
