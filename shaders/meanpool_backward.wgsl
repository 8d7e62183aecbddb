// dx = dy / P for each of an image's P pixels; an invocation makes a cell.
//
//   dy  (R, C)      its rows from p.first on
//   dx  (N, P, C)
//
// The chain rule of meanpool_forward.
//import group
//import cells

struct Shape { N: u32, P: u32, cells: u32, first: u32 }
@group(0) @binding(0) var<storage, read> dy: array<Cell>;
@group(0) @binding(1) var<storage, read_write> dx: array<Cell>;
@group(0) @binding(2) var<uniform> p: Shape;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.N * p.P * p.cells { return; }
    dx[at] = dy[(p.first + at / p.cells / p.P) * p.cells + at % p.cells] / f32(p.P);
}
