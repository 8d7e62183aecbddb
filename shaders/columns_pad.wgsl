// out = x with zeros behind each row, so that rows are whole vec4s; an invocation makes 4 columns.
//
//   x    (R, N)
//   out  (R, 4 ceil(N / 4))
//import group

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> p: vec4u; // R, N

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let quads = (p.y + 3u) / 4u;
    let at = group_number(group) * 64u + i;
    if at >= p.x * quads { return; }
    let col = at % quads * 4u;
    let start = at / quads * p.y + col;
    var v = vec4f(x[start], 0.0, 0.0, 0.0);
    if col + 1u < p.y { v.y = x[start + 1u]; }
    if col + 2u < p.y { v.z = x[start + 2u]; }
    if col + 3u < p.y { v.w = x[start + 3u]; }
    out[at] = v;
}
