// out[offset + i] = x[i]; an invocation copies an element, or 4 where all sizes are multiples of 4 (V4).
//
//   x    (N)
//   out  (at least offset + N)
//import group

@group(0) @binding(0) var<storage, read> x: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
@group(0) @binding(1) var<storage, read_write> out: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
@group(0) @binding(2) var<uniform> p: vec4u; // N, offset, in what is copied at once

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at < p.x { out[p.y + at] = x[at]; }
}
