// The squared distance of each row of student outputs from its targets, and its gradient; LANES invocations per row.
//
//   loss[row] = weight sum over targets |y - u|^2
//   dy        = 2 weight sum over targets (y - u) / batches
//
//   y, dy  (R, K)    a run of crops from number p.first on, crop-major: row = (crop - first) B + image
//   u      (2 B, K)  the teacher's two global crops
//   loss   (V B)     of all crops: the step's loss is its sum
//
// A global crop is paired with the other global one, target u_1 or u_0; a local crop with both. On unit rows this is
// 2 - 2 cos (BYOL, arXiv 2006.07733; DINO's table 7, row "MSE").
//import group
//import rows
//import cells
//import scalars

struct Shape { R: u32, B: u32, first: u32, weight: f32 }
@group(0) @binding(0) var<storage, read> y: array<Cell>;
@group(0) @binding(1) var<storage, read> u: array<Cell>;
@group(0) @binding(2) var<storage, read_write> dy: array<Cell>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read> scalars: Scalars;
@group(0) @binding(5) var<uniform> p: Shape;

const CELLS = K / WIDE;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let lane = i % LANES;
    let cells = select(0u, CELLS, row < p.R); // a row past the end has none
    let base = row * CELLS;
    let crop = p.first + row / p.B;
    let u_a = (row % p.B + select(0u, p.B, crop == 0u)) * CELLS;
    let u_b = (row % p.B + p.B) * CELLS;
    let both = select(0.0, 1.0, crop > 1u);
    let slope = 2.0 * p.weight * scalars.batch_share;
    var sum = Cell();
    for (var c = lane; c < cells; c += LANES) {
        let a = y[base + c] - u[u_a + c];
        let b = (y[base + c] - u[u_b + c]) * both;
        sum = fma(a, a, fma(b, b, sum));
        dy[base + c] = (a + b) * slope;
    }
    let total = row_sum(cell_sum(sum), i);
    if row < p.R && lane == 0u { loss[p.first * p.B + row] = total * p.weight; }
}
