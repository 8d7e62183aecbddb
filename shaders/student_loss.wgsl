// The loss of each row of student logits and, in their place, its gradient; LANES invocations per row.
//
//   loss[row] = -sum_k target_k log p_k / (n B)                        p = softmax(s / tau)
//   ds        = (pairs p - target) / (n B tau batches)                 n = 2 V - 2
//
//   s, ds  (R, K)    a run of crops from number p.first on, crop-major: row = (crop - first) B + image
//   q      (2 B, K)  the teacher's two global crops
//   loss   (V B)     of all crops: the step's loss is its sum
//
// As DINOLoss (reference DINO): a global crop is paired with the other global one, target q_1 or q_0 and
// pairs 1; a local crop with both, target q_0 + q_1 and pairs 2. The sum over pairs is linear in q.
//import group
//import rows
//import cells
//import scalars

struct Shape { R: u32, B: u32, first: u32, V: u32 }
@group(0) @binding(0) var<storage, read_write> s: array<Cell>;
@group(0) @binding(1) var<storage, read> q: array<Cell>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read> scalars: Scalars;
@group(0) @binding(4) var<uniform> p: Shape;

const CELLS = K / WIDE;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.R;
    let lane = i % LANES;
    let at = select(0u, row, live); // a row past the end skips the loops: row 0 is written in place meanwhile
    let begin = select(CELLS, lane, live);
    let base = at * CELLS;
    let crop = p.first + at / p.B;
    // the targets lie at q_a and, for local crops, q_b
    let q_a = (at % p.B + select(0u, p.B, crop == 0u)) * CELLS;
    let q_b = (at % p.B + p.B) * CELLS;
    let both = select(0.0, 1.0, crop > 1u);
    let pairs = 1.0 + both;
    let scale = 1.0 / scalars.student_temp;
    var most = Cell(-3.4e38);
    for (var c = begin; c < CELLS; c += LANES) { most = max(most, s[base + c]); }
    let top = row_max(cell_max(most), i);
    var sum = Cell();
    var cross = Cell(); // sum of target z
    for (var c = begin; c < CELLS; c += LANES) {
        let z = (s[base + c] - top) * scale;
        sum += exp(z);
        cross = fma(fma(q[q_b + c], Cell(both), q[q_a + c]), z, cross);
    }
    let total = row_sum(cell_sum(sum), i);
    let dot = row_sum(cell_sum(cross), i);
    let share = 1.0 / (f32(2u * p.V - 2u) * f32(p.B));
    let slope = share * scale * scalars.batch_share;
    if live {
        for (var c = lane; c < CELLS; c += LANES) {
            let goal = fma(q[q_b + c], Cell(both), q[q_a + c]);
            s[base + c] = (exp((s[base + c] - top) * scale) * (pairs / total) - goal) * slope;
        }
        if lane == 0u { loss[p.first * p.B + row] = (pairs * log(total) - dot) * share; }
    }
}
