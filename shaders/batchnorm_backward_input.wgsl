// dx = [weight *] rstd * (g - sums[1] / R - (x - mean) * rstd * sums[0] / R), where g is dy, with Relu 0 wherever y is 0;
// with Running, whose statistics do not come from x, dx = [weight *] rstd * g. With Residual, dresidual = g. An invocation
// makes a cell.
//
//   dy, x, y, dx, dresidual  (R, C)
//   stats                    (3, C)   of each channel: an origin and the mean less that, and rstd
//   sums                     (2, C)   from batchnorm_backward_sums
//   weight                   (C)      with Affine
//
// The chain rule of batchnorm_forward.
//import group
//import cells

{{bind}} var<storage, read> dy: array<Cell>;
{{- if .Relu}}
{{bind}} var<storage, read> y: array<Cell>;
{{- end}}
{{bind}} var<storage, read> stats: array<Cell>;
{{- if .Affine}}
{{bind}} var<storage, read> weight: array<Cell>;
{{- end}}
{{- if not .Running}}
{{bind}} var<storage, read> x: array<Cell>;
{{bind}} var<storage, read> sums: array<Cell>;
{{- end}}
{{bind}} var<storage, read_write> dx: array<Cell>;
{{- if .Residual}}
{{bind}} var<storage, read_write> dresidual: array<Cell>;
{{- end}}
{{bind}} var<uniform> p: vec4u; // R, cells of a row

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.x * p.y { return; }
    let column = at % p.y;
    let g = {{if .Relu}}select(dy[at], Cell(), y[at] <= Cell()){{else}}dy[at]{{end}};
    let rstd = stats[2u * p.y + column];
{{- if .Running}}
    let d = g;
{{- else}}
    let normalized = (x[at] - stats[column] - stats[p.y + column]) * rstd;
    let d = g - (sums[p.y + column] + normalized * sums[column]) / f32(p.x);
{{- end}}
    dx[at] = {{if .Affine}}weight[column] * {{end}}rstd * d;
{{- if .Residual}}
    dresidual[at] = g;
{{- end}}
}
