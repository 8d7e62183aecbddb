// y = the mean of each image's pixels; an invocation makes a cell.
//
//   x  (N, P, C)   P pixels of an image
//   y  (R, C)      its rows from p.first on
//
// torch.nn.AdaptiveAvgPool2d(1).
//import group
//import cells

struct Shape { N: u32, P: u32, cells: u32, first: u32 }
@group(0) @binding(0) var<storage, read> x: array<Cell>;
@group(0) @binding(1) var<storage, read_write> y: array<Cell>;
@group(0) @binding(2) var<uniform> p: Shape;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.N * p.cells { return; }
    let first = at / p.cells * p.P * p.cells + at % p.cells;
    var sum = Cell();
    for (var j = 0u; j < p.P; j++) { sum += x[first + j * p.cells]; }
    y[p.first * p.cells + at] = sum / f32(p.P);
}
