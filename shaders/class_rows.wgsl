// out_x[b] = the row of x that holds picture b's class token, its first, and out_y[b] that of y; an invocation copies 4
// columns of both.
//
//   x, y          (R, D)         B pictures of T tokens each, then B2 of T2; D a multiple of 4
//   out_x, out_y  (B + B2, D)
//import group

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out_x: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out_y: array<vec4f>;
@group(0) @binding(4) var<uniform> p: vec4u; // B, T, B2, T2

const Q = D / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= (p.x + p.z) * Q { return; }
    let b = at / Q;
    var row = b * p.y;
    if b >= p.x { row = p.x * p.y + (b - p.x) * p.w; }
    out_x[at] = x[row * Q + at % Q];
    out_y[at] = y[row * Q + at % Q];
}
