// Sums over tiles of p.each rows of g * (x - mean) * rstd and of g, where g is dy, with Relu 0 wherever y is 0; an
// invocation makes a cell of channels of a tile.
//
//   dy, x, y  (R, C)
//   stats     (3, C)      of each channel: an origin and the mean less that, and rstd
//   partials  (S, 2, C)   of S tiles; batchnorm_backward_sums adds them up
//
// The chain rule of batchnorm_forward.
//import group
//import cells

struct Shape { R: u32, cells: u32, each: u32, S: u32 }
{{bind}} var<storage, read> dy: array<Cell>;
{{bind}} var<storage, read> x: array<Cell>;
{{- if .Relu}}
{{bind}} var<storage, read> y: array<Cell>;
{{- end}}
{{bind}} var<storage, read> stats: array<Cell>;
{{bind}} var<storage, read_write> partials: array<Cell>;
{{bind}} var<uniform> p: Shape;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.S * p.cells { return; }
    let tile = at / p.cells;
    let column = at % p.cells;
    let origin = stats[column];
    let mean = stats[p.cells + column];
    let rstd = stats[2u * p.cells + column];
    var w = Cell();
    var b = Cell();
    for (var row = tile * p.each; row < min((tile + 1u) * p.each, p.R); row++) {
        let e = row * p.cells + column;
        let g = {{if .Relu}}select(dy[e], Cell(), y[e] <= Cell()){{else}}dy[e]{{end}};
        w += g * ((x[e] - origin - mean) * rstd);
        b += g;
    }
    partials[2u * tile * p.cells + column] = w;
    partials[(2u * tile + 1u) * p.cells + column] = b;
}
