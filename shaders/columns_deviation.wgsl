// The standard deviation of each column of x over its rows; an invocation makes one cell of columns.
//
//   x    (R, K)
//   out  (K)    sqrt(mean (x - mean)^2)
//
// Of unit rows: 0 says that all are the same, 1 / sqrt K that they are spread over all directions.
//import group
//import cells

@group(0) @binding(0) var<storage, read> x: array<Cell>;
@group(0) @binding(1) var<storage, read_write> out: array<Cell>;
@group(0) @binding(2) var<uniform> p: vec4u; // R

const CELLS = K / WIDE;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let c = group_number(group) * 64u + i;
    if c >= CELLS { return; }
    let end = p.x * CELLS;
    var sum = Cell();
    for (var at = c; at < end; at += CELLS) { sum += x[at]; }
    let mean = sum / f32(p.x);
    var square = Cell();
    for (var at = c; at < end; at += CELLS) {
        let d = x[at] - mean;
        square = fma(d, d, square);
    }
    out[c] = sqrt(square / f32(p.x));
}
