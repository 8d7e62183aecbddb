// out = [out +] sum over s of partials[s]; LANES invocations make 4 neighboring columns of a row, COLS such quads a workgroup.
//
//   partials  (S, M, STRIDE)   STRIDE a multiple of 4, at least N
//   out       (M, N)
//   sums      (L)              with Sums: += the L elements behind each of the S partials (S, M * STRIDE + L), a
//                              bias's gradient beside its weight's
//
// The sums that weight and bias gradients are split into: no atomics, always the same order.
//import group

struct Shape { M: u32, N: u32, stride: u32, S: u32, each: u32 } // each: vec4s of one of the partials
@group(0) @binding(0) var<storage, read> partials: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
{{- if .Sums}}
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding(3) var<uniform> p: Shape;
{{- else}}
@group(0) @binding(2) var<uniform> p: Shape;
{{- end}}
{{- if gt .LANES 1}}
var<workgroup> lanes: array<vec4f, {{mul .LANES .COLS}}>;
{{- end}}

@compute @workgroup_size({{mul .LANES .COLS}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let quads = p.stride / 4u;
{{- if gt .LANES 1}}
    let at = group_number(group) * COLS + i % COLS;
    let live = at < p.each;
    var v = vec4f();
    for (var s = select(p.S, i / COLS, live); s < p.S; s += LANES) { v += partials[s * p.each + at]; }
    lanes[i] = v;
    workgroupBarrier();
    for (var s = LANES / 2u; s > 0u; s /= 2u) {
        if i / COLS < s { lanes[i] += lanes[i + s * COLS]; }
        workgroupBarrier();
    }
    if !live || i >= COLS { return; }
    v = lanes[i];
{{- else}}
    let at = group_number(group) * 64u + i;
    if at >= p.each { return; }
    var v = vec4f();
    for (var s = 0u; s < p.S; s++) { v += partials[s * p.each + at]; }
{{- end}}
{{- if .Sums}}
    if at >= p.M * quads {
        sums[at - p.M * quads] += v;
        return;
    }
{{- end}}
{{- if .V4}}
    {{if .Accumulate}}out[at] += v;{{else}}out[at] = v;{{end}}
{{- else}}
    let row = at / quads;
    let col = at % quads * 4u;
    let to = row * p.N + col;
{{- range $j := upto 4}}
    if col + {{$j}}u < p.N { {{if $.Accumulate}}out[to + {{$j}}u] += v.{{axis $j}};{{else}}out[to + {{$j}}u] = v.{{axis $j}};{{end}} }
{{- end}}
{{- end}}
}
