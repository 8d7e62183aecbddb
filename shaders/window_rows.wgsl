// out = the tokens in a rectangle of a grid, row by row: the patches of a block, or the window around it that they look
// at. An invocation copies 4 columns.
//
//   tokens  (H, W, D)    D a multiple of 4
//   place   (4)          row and column where the block begins, row and column where the window does
//   out     (h, w, D)
//import group

struct Shape { W: u32, h: u32, w: u32, pad: u32 }
@group(0) @binding(0) var<storage, read> tokens: array<vec4f>;
@group(0) @binding(1) var<storage, read> place: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> p: Shape;

const Q = D / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.h * p.w * Q { return; }
    let cell = at / Q;
    let row = place[{{if .Window}}2{{else}}0{{end}}] + cell / p.w;
    let column = place[{{if .Window}}3{{else}}1{{end}}] + cell % p.w;
    out[at] = tokens[(row * p.W + column) * Q + at % Q];
}
