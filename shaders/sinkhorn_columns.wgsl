// Each column of q over a run of rows is divided by its sum; an invocation makes one cell of columns.
//
//   q  (R, K)   rows first to first + p.R, without the p.queue first of them while the queue is not used; with FIRST it holds
//               logits t, and
//               q = e^((t - m) / tau) / sum over rows, m being the column's largest t
//
// The prototypes' half of an iteration of Sinkhorn-Knopp (SwAV, arXiv 2006.09882; DINO's table 15). A softmax over the rows
// makes the first: no exponent is above 0, and no column's sum is 0.
//import group
//import cells
//import scalars

struct Shape { R: u32, first: u32, queue: u32 }
@group(0) @binding(0) var<storage, read_write> q: array<Cell>;
@group(0) @binding(1) var<storage, read> scalars: Scalars;
@group(0) @binding(2) var<uniform> p: Shape;

const CELLS = K / WIDE;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let c = group_number(group) * 64u + i;
    if c >= CELLS { return; }
    let skipped = select(p.queue, 0u, scalars.queue_used != 0.0);
    let first = (p.first + skipped) * CELLS + c;
    let end = (p.first + p.R) * CELLS + c;
    var sum = Cell();
{{- if .First}}
    let scale = 1.0 / scalars.teacher_temp;
    var most = Cell(-3.4e38);
    for (var at = first; at < end; at += CELLS) { most = max(most, q[at]); }
    for (var at = first; at < end; at += CELLS) { sum += exp((q[at] - most) * scale); }
    for (var at = first; at < end; at += CELLS) { q[at] = exp((q[at] - most) * scale) / sum; }
{{- else}}
    for (var at = first; at < end; at += CELLS) { sum += q[at]; }
    sum = max(sum, Cell(1.2e-38)); // zeros stay zeros
    for (var at = first; at < end; at += CELLS) { q[at] = q[at] / sum; }
{{- end}}
}
