// dv += g / |v| (dw - (dw . u) u), dg += dw . u, where u = v / |v|; LANES invocations per row.
//
//   dw, v, dv  (N, C)
//   g, size    (N)      size = |v|, from weightnorm_forward
//   dg         (N)      only where the gain is trained (Gain)
//import group
//import rows
//import cells

@group(0) @binding(0) var<storage, read> dw: array<Cell>;
@group(0) @binding(1) var<storage, read> v: array<Cell>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read> size: array<f32>;
@group(0) @binding(4) var<storage, read_write> dv: array<Cell>;
{{- if .Gain}}
@group(0) @binding(5) var<storage, read_write> dg: array<f32>;
@group(0) @binding(6) var<uniform> p: vec4u; // N
{{- else}}
@group(0) @binding(5) var<uniform> p: vec4u; // N
{{- end}}

const Q = C / WIDE;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.x;
    let lane = i % LANES;
    let at = select(0u, row, live); // a row past the end works on row 0 and stores nothing
    let base = at * Q;
    var s = Cell();
    for (var c = lane; c < Q; c += LANES) { s = fma(v[base + c], dw[base + c], s); }
    let along = row_sum(cell_sum(s), i) / size[at];
    if live {
        let scale = g[at] / size[at];
        for (var c = lane; c < Q; c += LANES) {
            dv[base + c] += (dw[base + c] - v[base + c] * (along / size[at])) * scale;
        }
        {{if .Gain}}if lane == 0u { dg[row] += along; }{{end}}
    }
}
