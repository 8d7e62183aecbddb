// The loss of each query against its keys and a queue of negatives, and its gradient; LANES invocations per row.
//
//   loss[row] = weight sum over keys k of -log(e^(y k / tau) / (e^(y k / tau) + sum_j e^(y N_j / tau)))
//   s         = y N^T before; after, what the negatives add to dy is s N
//   dy        = what the keys add
//   hits[row] = the share of its keys that are nearer than every negative
//
//   y, dy  (R, D)    unit student outputs of a run of crops from number p.first on, crop-major: row = (crop - first) B + image
//   s      (R, Q)    with a queue of Q unit rows N
//   k      (2 B, D)  unit teacher outputs of the two global crops
//   loss, hits  (V B)  of all crops: the step's loss is the losses' sum
//
// A global crop is asked for the other global one, a local crop for both (MoCo, arXiv 1911.05722, 2003.04297).
//import group
//import rows
//import scalars

struct Shape { R: u32, B: u32, first: u32, weight: f32 }
@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read_write> s: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read_write> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> loss: array<f32>;
@group(0) @binding(5) var<storage, read_write> hits: array<f32>;
@group(0) @binding(6) var<storage, read> scalars: Scalars;
@group(0) @binding(7) var<uniform> p: Shape;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.R;
    let lane = i % LANES;
    let negatives = select(0u, Q, live); // a row past the end has neither negatives nor width
    let width = select(0u, D, live);
    let crop = p.first + row / p.B;
    let k_a = (row % p.B + select(0u, p.B, crop == 0u)) * D;
    let k_b = (row % p.B + p.B) * D;
    let both = select(0.0, 1.0, crop > 1u);
    let scale = 1.0 / scalars.student_temp;
    var dots = vec2f();
    for (var c = lane; c < width; c += LANES) { dots += y[row * D + c] * vec2f(k[k_a + c], k[k_b + c]); }
    let near = vec2f(row_sum(dots.x, i), row_sum(dots.y, i));
    var most = -3.4e38;
    for (var c = lane; c < negatives; c += LANES) { most = max(most, s[row * Q + c]); }
    let top = row_max(most, i);
    var sum = 0.0;
    for (var c = lane; c < negatives; c += LANES) { sum += exp((s[row * Q + c] - top) * scale); }
    let total = row_sum(sum, i);
    let peak = max(near, vec2f(top));
    let own = exp((near - peak) * scale);
    let fade = exp((vec2f(top) - peak) * scale);
    let all = own + fade * total;
    let pairs = vec2f(1.0, both);
    let slope = p.weight * scale * scalars.batch_share;
    let far = dot(fade / all, pairs) * slope;
    for (var c = lane; c < negatives; c += LANES) { s[row * Q + c] = exp((s[row * Q + c] - top) * scale) * far; }
    let pull = (own / all - 1.0) * pairs * slope;
    for (var c = lane; c < width; c += LANES) { dy[row * D + c] = pull.x * k[k_a + c] + pull.y * k[k_b + c]; }
    if live && lane == 0u {
        let at = p.first * p.B + row;
        loss[at] = dot(log(all) - (near - peak) * scale, pairs) * p.weight;
        hits[at] = dot(select(vec2f(), vec2f(1.0), near > vec2f(top)), pairs) / (1.0 + both);
    }
}
