// y = (x - mean) * rstd [* weight + bias] [+ residual], then with Relu 0 where that is negative; an invocation makes a
// cell.
//
//   x, y, residual  (R, C)
//   stats           (3, C)   of each channel: an origin and the mean less that, and rstd
//   weight, bias    (C)      with Affine
//
// torch.nn.BatchNorm2d, the end of a residual branch and nn.ReLU in one pass.
//import group
//import cells

{{bind}} var<storage, read> x: array<Cell>;
{{bind}} var<storage, read> stats: array<Cell>;
{{- if .Affine}}
{{bind}} var<storage, read> weight: array<Cell>;
{{bind}} var<storage, read> bias: array<Cell>;
{{- end}}
{{- if .Residual}}
{{bind}} var<storage, read> residual: array<Cell>;
{{- end}}
{{bind}} var<storage, read_write> y: array<Cell>;
{{bind}} var<uniform> p: vec4u; // R, cells of a row

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.x * p.y { return; }
    let column = at % p.y;
    var v = (x[at] - stats[column] - stats[p.y + column]) * stats[2u * p.y + column];
{{- if .Affine}}
    v = v * weight[column] + bias[column];
{{- end}}
{{- if .Residual}}
    v += residual[at];
{{- end}}
{{- if .Relu}}
    v = select(v, Cell(), v <= Cell()); // not max, which may turn NaN into 0
{{- end}}
    y[at] = v;
}
