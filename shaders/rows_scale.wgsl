// out[row] = scales[image] x[row]: the gradient that enters a branch under drop path.
//
//   x, out  (R, D)         B images of T tokens each, then B2 of T2; D a multiple of 4
//   scales  (B + B2)       0 or 1 / keep probability
//
// Drop path: Huang et al., arXiv 1603.09382; the reference ViT's DropPath.
//import group
//import images

struct Shape { cells: u32, row: u32, images: u32, tokens: u32, tokens2: u32 } // vec4s in all, vec4s per row
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> scales: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> p: Shape;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.cells { return; }
    out[at] = scales[image_of(at / p.row, p.images, p.tokens, p.tokens2)] * x[at];
}
