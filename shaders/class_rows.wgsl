// out_x[b] = the row of x that holds the class token of image b, which is its first row; with Pair, out_y[b] = the same
// row of y. An invocation copies 4 columns.
//
//   x, y          (R, D)         B images of T tokens each, then B2 of T2; D a multiple of 4
//   out_x, out_y  (B + B2, D)
//import group

{{bind}} var<storage, read> x: array<vec4f>;
{{- if .Pair}}
{{bind}} var<storage, read> y: array<vec4f>;
{{- end}}
{{bind}} var<storage, read_write> out_x: array<vec4f>;
{{- if .Pair}}
{{bind}} var<storage, read_write> out_y: array<vec4f>;
{{- end}}
{{bind}} var<uniform> p: vec4u; // B, T, B2, T2

const Q = D / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= (p.x + p.z) * Q { return; }
    let b = at / Q;
    var row = b * p.y;
    if b >= p.x { row = p.x * p.y + (b - p.x) * p.w; }
    out_x[at] = x[row * Q + at % Q];
{{- if .Pair}}
    out_y[at] = y[row * Q + at % Q];
{{- end}}
}
