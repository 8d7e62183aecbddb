// out[b, c, y, x] = (byte / 255 - mean[c]) / std[c]; an invocation makes one element.
//
//   bytes  (B, H, W, 3)   uint8, four a word
//   out    (B, 3, H, W)
//import group

struct Shape {
    B: u32, H: u32, W: u32, pad: u32,
    mean: vec4f,
    deviation: vec4f,
}
@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> p: Shape;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    let pixels = p.H * p.W;
    if at >= p.B * 3u * pixels { return; }
    let c = at / pixels % 3u;
    let b = (at / pixels / 3u * pixels + at % pixels) * 3u + c;
    let value = f32((bytes[b / 4u] >> (b % 4u * 8u)) & 255u) / 255.0;
    out[at] = (value - p.mean[c]) / p.deviation[c];
}
