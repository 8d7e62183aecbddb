// dx = [residual +] rstd * (g - mean(g) - n * mean(g * n)), g = dy * weight, n = (x - mean) * rstd;
// the means run over the last axis; LANES invocations per row.
//
//   dy, x, residual, dx  (N, C)   C a multiple of 4
//   weight               (C)
//   stats                (N, 2)   mean and rstd, from layernorm_forward
//
// The chain rule of layernorm_forward. residual is the gradient that flows past a pre-norm branch.
//import group
//import rows

{{bind}} var<storage, read> dy: array<vec4f>;
{{bind}} var<storage, read> x: array<vec4f>;
{{bind}} var<storage, read> weight: array<vec4f>;
{{bind}} var<storage, read> stats: array<vec2f>;
{{- if .Residual}}
{{bind}} var<storage, read> residual: array<vec4f>;
{{- end}}
{{bind}} var<storage, read_write> dx: array<vec4f>;
{{bind}} var<uniform> p: vec4u; // N

const Q = C / 4u;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.x;
    let lane = i % LANES;
    let base = select(0u, row * Q, live); // a row past the end works on row 0 and stores nothing
    let stat = stats[select(0u, row, live)];
    var s = vec4f();
    var q = vec4f();
    for (var c = lane; c < Q; c += LANES) {
        let g = dy[base + c] * weight[c];
        s += g;
        q = fma(g, (x[base + c] - stat.x) * stat.y, q);
    }
    let mean_g = row_sum(s.x + s.y + s.z + s.w, i) / f32(C);
    let mean_gn = row_sum(q.x + q.y + q.z + q.w, i) / f32(C);
    if live {
        for (var c = lane; c < Q; c += LANES) {
            let n = (x[base + c] - stat.x) * stat.y;
            dx[base + c] = {{if .Residual}}residual[base + c] + {{end}}stat.y * (dy[base + c] * weight[c] - mean_g - n * mean_gn);
        }
    }
}
