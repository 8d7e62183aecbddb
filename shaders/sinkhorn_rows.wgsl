// Each row of q is divided by its sum; entropy h = -sum q log q of what it becomes. LANES invocations per row.
//
//   q        (R, K)   0 or more; rows first to first + p.R, but for the p.queue first of them while the queue is not used
//   entropy  (R)      0 of those
//
// The images' half of an iteration of Sinkhorn-Knopp: after it rows are targets.
//import group
//import rows
//import cells
//import scalars

struct Shape { R: u32, first: u32, queue: u32 }
@group(0) @binding(0) var<storage, read_write> q: array<Cell>;
@group(0) @binding(1) var<storage, read_write> entropy: array<f32>;
@group(0) @binding(2) var<storage, read> scalars: Scalars;
@group(0) @binding(3) var<uniform> p: Shape;

const CELLS = K / WIDE;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let lane = i % LANES;
    let base = (p.first + row) * CELLS;
    let live = row < p.R && (row >= p.queue || scalars.queue_used != 0.0);
    let end = select(base, base + CELLS, live); // other rows have no cells
    var sum = Cell();
    for (var at = base + lane; at < end; at += LANES) { sum += q[at]; }
    let total = max(row_sum(cell_sum(sum), i), 1.2e-38);
    var h = Cell();
    for (var at = base + lane; at < end; at += LANES) {
        let v = q[at] / total;
        q[at] = v;
        h -= v * log(max(v, Cell(1.2e-38))); // 0 log 0 is 0
    }
    let all = row_sum(cell_sum(h), i);
    if row < p.R && lane == 0u { entropy[p.first + row] = all; }
}
