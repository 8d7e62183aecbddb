// Mean and squared distances from it of each channel over tiles of p.each rows; an invocation makes a cell of channels
// of a tile.
//
//   x         (R, C)
//   partials  (S, 3, C)   of each of S tiles: an origin, the mean less that, and the sum of (x - mean)^2
//
// Welford's recurrence on what x is more than an origin, the tile's first row: E[x^2] - E[x]^2 cancels, and a mean far
// from 0 in one number would lose the digits in which x differs from it. batchnorm_statistics puts the tiles together.
//import group
//import cells

struct Shape { R: u32, cells: u32, each: u32, S: u32 }
@group(0) @binding(0) var<storage, read> x: array<Cell>;
@group(0) @binding(1) var<storage, read_write> partials: array<Cell>;
@group(0) @binding(2) var<uniform> p: Shape;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.S * p.cells { return; }
    let tile = at / p.cells;
    let column = at % p.cells;
    let first = tile * p.each;
    let origin = x[first * p.cells + column];
    var mean = Cell();
    var squares = Cell();
    var n = 0.0;
    for (var row = first; row < min(first + p.each, p.R); row++) {
        n += 1.0;
        let v = x[row * p.cells + column] - origin;
        let off = v - mean;
        mean += off / n;
        squares += off * (v - mean);
    }
    partials[3u * tile * p.cells + column] = origin;
    partials[(3u * tile + 1u) * p.cells + column] = mean;
    partials[(3u * tile + 2u) * p.cells + column] = squares;
}
