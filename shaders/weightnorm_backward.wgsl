// dv += g / |v| * (dw - (dw . u) u), u = v / |v|, of each row; with Gain also dg += dw . u.
// LANES invocations a row.
//
//   dw, v, dv  (K, D)   D a multiple of 4
//   g, dg      (K)
//   norm       (K)      |v|, from weightnorm_forward
//
// The chain rule of weightnorm_forward. Without Gain, g is frozen (norm_last_layer of the reference).
//import group
//import rows

{{bind}} var<storage, read> dw: array<vec4f>;
{{bind}} var<storage, read> v: array<vec4f>;
{{bind}} var<storage, read> g: array<f32>;
{{bind}} var<storage, read> norm: array<f32>;
{{bind}} var<storage, read_write> dv: array<vec4f>;
{{- if .Gain}}
{{bind}} var<storage, read_write> dg: array<f32>;
{{- end}}
{{bind}} var<uniform> p: vec4u; // K

const Q = D / 4u;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.x;
    let lane = i % LANES;
    let base = select(0u, row * Q, live); // a row past the end works on row 0 and stores nothing
    let n = norm[select(0u, row, live)];
    var s = vec4f();
    for (var c = lane; c < Q; c += LANES) { s = fma(dw[base + c], v[base + c], s); }
    let along = row_sum(s.x + s.y + s.z + s.w, i) / n; // dw . u
    if live {
        let scale = g[row] / n;
        for (var c = lane; c < Q; c += LANES) {
            dv[base + c] += scale * (dw[base + c] - v[base + c] * (along / n));
        }
{{- if .Gain}}
        if lane == 0u { dg[row] += along; }
{{- end}}
    }
}
