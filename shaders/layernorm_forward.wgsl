// y = (x - mean(x)) * rstd(x) * weight + bias, over the last axis; LANES invocations per row.
//
//   x, y          (N, C)   C a multiple of 4
//   weight, bias  (C)
//   stats         (N, 2)   mean and rstd, kept for the backward kernels
//
// As torch.nn.LayerNorm with eps 1e-6 (reference ViT); eps is added to the biased variance, which is summed
// in a second pass: E[x^2] - mean^2 cancels.
//import group
//import rows

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(5) var<uniform> p: vec4u; // N

const Q = C / 4u;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.x;
    let lane = i % LANES;
    let base = select(0u, row * Q, live); // a row past the end works on row 0 and stores nothing
    var s = vec4f();
    for (var c = lane; c < Q; c += LANES) { s += x[base + c]; }
    let mean = row_sum(s.x + s.y + s.z + s.w, i) / f32(C);
    var q = vec4f();
    for (var c = lane; c < Q; c += LANES) {
        let d = x[base + c] - mean;
        q = fma(d, d, q);
    }
    let rstd = inverseSqrt(row_sum(q.x + q.y + q.z + q.w, i) / f32(C) + 1e-6);
    if live {
        for (var c = lane; c < Q; c += LANES) {
            y[base + c] = fma((x[base + c] - mean) * rstd, weight[c], bias[c]);
        }
        if lane == 0u { stats[row] = vec2f(mean, rstd); }
    }
}
