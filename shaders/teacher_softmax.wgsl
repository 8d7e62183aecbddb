// q = softmax((t - center) / tau) and its entropy h = -sum q log q, over the last axis; q replaces t.
// LANES invocations per row.
//
//   t, q     (R, K)   the teacher's logits: R = 2 B rows, both global crops; the same tensor
//   center   (K)
//   entropy  (R)
//
// As the teacher's side of DINOLoss (reference DINO). With z = (t - center - max) / tau and Z = sum e^z,
// h = log Z - sum e^z z / Z: no logarithm of a small q.
//import group
//import rows
//import cells
//import scalars

@group(0) @binding(0) var<storage, read_write> t: array<Cell>;
@group(0) @binding(1) var<storage, read> center: array<Cell>;
@group(0) @binding(2) var<storage, read_write> entropy: array<f32>;
@group(0) @binding(3) var<storage, read> scalars: Scalars;
@group(0) @binding(4) var<uniform> p: vec4u; // R

const CELLS = K / WIDE;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.x;
    let lane = i % LANES;
    let base = row * CELLS;
    let begin = select(CELLS, lane, live); // a row past the end skips the loops
    let scale = 1.0 / scalars.teacher_temp;
    var most = Cell(-3.4e38);
    for (var c = begin; c < CELLS; c += LANES) { most = max(most, t[base + c] - center[c]); }
    let top = row_max(cell_max(most), i);
    var sum = Cell();
    var spread = Cell(); // sum of e^z z
    for (var c = begin; c < CELLS; c += LANES) {
        let z = (t[base + c] - center[c] - top) * scale;
        let e = exp(z);
        sum += e;
        spread = fma(e, z, spread);
    }
    let total = row_sum(cell_sum(sum), i);
    let tilt = row_sum(cell_sum(spread), i);
    if live {
        for (var c = lane; c < CELLS; c += LANES) {
            t[base + c] = exp((t[base + c] - center[c] - top) * scale) / total;
        }
        if lane == 0u { entropy[row] = log(total) - tilt / total; }
    }
}
