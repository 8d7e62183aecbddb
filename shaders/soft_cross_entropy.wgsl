// The cross entropy of each row of logits with soft targets, and in place of the logits its gradient; LANES invocations per row.
//
//   loss[row] = -weight sum_k q_k log softmax(s)_k
//   ds        = (softmax(s) - q) weight / batches
//   hits[row] = 1 where the largest logit is where the largest target is (the first of equals), else 0
//
//   s, ds, q    (R, K)   rows of q sum to 1
//   loss, hits  (R)
//
// As torch.nn.CrossEntropyLoss with label_smoothing, or timm's SoftTargetCrossEntropy.
//import group
//import rows
//import scalars

@group(0) @binding(0) var<storage, read_write> s: array<f32>;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read_write> hits: array<f32>;
@group(0) @binding(4) var<storage, read> scalars: Scalars;
struct Shape { R: u32, weight: f32 }
@group(0) @binding(5) var<uniform> p: Shape;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.R;
    let lane = i % LANES;
    let width = select(0u, K, live); // a row past the end has none
    let base = row * K;
    var most = -3.4e38;
    var goal = -3.4e38;
    for (var c = lane; c < width; c += LANES) {
        most = max(most, s[base + c]);
        goal = max(goal, q[base + c]);
    }
    let top = row_max(most, i);
    let sure = row_max(goal, i);
    var sum = 0.0;
    var cross = 0.0;
    var whole = 0.0;
    var first_s = f32(K); // the first place of the largest, as a float: below 2^24
    var first_q = f32(K);
    for (var c = lane; c < width; c += LANES) {
        let z = s[base + c] - top;
        sum += exp(z);
        cross = fma(q[base + c], z, cross);
        whole += q[base + c];
        if z == 0.0 { first_s = min(first_s, f32(c)); }
        if q[base + c] == sure { first_q = min(first_q, f32(c)); }
    }
    let total = row_sum(sum, i);
    let dot = row_sum(cross, i);
    let all = row_sum(whole, i);
    let at_s = -row_max(-first_s, i);
    let at_q = -row_max(-first_q, i);
    for (var c = lane; c < width; c += LANES) {
        s[base + c] = (exp(s[base + c] - top) / total - q[base + c]) * (p.weight * scalars.batch_share);
    }
    if live && lane == 0u {
        loss[row] = (all * log(total) - dot) * p.weight;
        hits[row] = select(0.0, 1.0, at_s == at_q);
    }
}
