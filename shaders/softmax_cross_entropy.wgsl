// The loss of a classifier's logits, a column for each image, and in their place its gradient.
//
//   loss[b]  = log sum_c exp(z_cb) - z_yb          y = labels[b]
//   z_cb     = (softmax(z_b)_c - [c = y]) share     share = step[0], 1 / the images of the batch
//
//   z       (C, B)  a row for each class; B at least the images
//   labels  (B)     NO_LABEL for a column that is no image: its loss and its gradient are 0
//   loss    (B)
//
// As torch.nn.CrossEntropyLoss. COLS neighboring columns share a workgroup, so that neighboring invocations read together;
// LANES invocations walk down each.
//import group

struct Shape { C: u32, B: u32 }
@group(0) @binding(0) var<storage, read_write> z: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read> step: array<f32>;
@group(0) @binding(4) var<uniform> p: Shape;

const NO_LABEL = 0xffffffffu;
{{- if gt .LANES 1}}
var<workgroup> partial: array<f32, {{mul .LANES .COLS}}>;
{{- end}}

// column_max returns the largest v over the lanes of a column, to each of them. Every invocation must call it.
fn column_max(v: f32, i: u32) -> f32 {
{{- if gt .LANES 1}}
    partial[i] = v;
    workgroupBarrier();
    for (var s = LANES / 2u; s > 0u; s /= 2u) {
        if i / COLS < s { partial[i] = max(partial[i], partial[i + s * COLS]); }
        workgroupBarrier();
    }
    let most = partial[i % COLS];
    workgroupBarrier();
    return most;
{{- else}}
    return v;
{{- end}}
}

// column_sum returns the total of v over the lanes of a column, to each of them. Every invocation must call it.
fn column_sum(v: f32, i: u32) -> f32 {
{{- if gt .LANES 1}}
    partial[i] = v;
    workgroupBarrier();
    for (var s = LANES / 2u; s > 0u; s /= 2u) {
        if i / COLS < s { partial[i] += partial[i + s * COLS]; }
        workgroupBarrier();
    }
    let total = partial[i % COLS];
    workgroupBarrier();
    return total;
{{- else}}
    return v;
{{- end}}
}

@compute @workgroup_size({{mul .LANES .COLS}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let column = group_number(group) * COLS + i % COLS;
    let live = column < p.B;
    let b = select(0u, column, live); // a column past the end skips the loops: column 0 is written in place meanwhile
    let lane = i / COLS;
    let begin = select(p.C, lane, live);
    let label = labels[b];
    let image = label < p.C;
    var most = -3.4e38;
    for (var c = begin; c < p.C; c += LANES) { most = max(most, z[c * p.B + b]); }
    let top = column_max(most, i);
    var sum = 0.0;
    for (var c = begin; c < p.C; c += LANES) { sum += exp(z[c * p.B + b] - top); }
    let total = column_sum(sum, i);
    // the lane that goes over the label's logit tells the loss: no other may read it while it is written
    let tells = live && lane == select(0u, label % LANES, image);
    var own = 0.0;
    if tells { own = z[select(0u, label, image) * p.B + b] - top; }
    if live {
        let share = select(0.0, step[0], image);
        for (var c = lane; c < p.C; c += LANES) {
            let at = c * p.B + b;
            z[at] = (exp(z[at] - top) / total - select(0.0, 1.0, c == label)) * share;
        }
        if tells { loss[b] = select(0.0, log(total) - own, image); }
    }
}
