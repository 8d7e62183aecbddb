// out[s] = [out +] sum over the rows of tile s of dy; an invocation makes 4 neighboring columns of a tile.
//
//   dy   (R, N)
//   out  (S, STRIDE)   S tiles of p.each rows, STRIDE = N rounded up to a multiple of 4, zeros behind N;
//                      with Accumulate (N), the gradient itself
//
// The gradient of a bias that was added to every row. partials_reduce adds the tiles up.
//import group

struct Shape { R: u32, N: u32, each: u32, S: u32 }
@group(0) @binding(0) var<storage, read> dy: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
@group(0) @binding(1) var<storage, read_write> out: array<{{if or .V4 (not .Accumulate)}}vec4f{{else}}f32{{end}}>;
@group(0) @binding(2) var<uniform> p: Shape;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let quads = (p.N + 3u) / 4u;
    let at = group_number(group) * 64u + i;
    if at >= p.S * quads { return; }
    let col = at % quads{{if not .V4}} * 4u{{end}};
    let first = at / quads * p.each;
    var v = vec4f();
    for (var row = first; row < min(first + p.each, p.R); row++) {
{{- if .V4}}
        v += dy[row * quads + col];
{{- else}}
        let base = row * p.N + col;
        v.x += dy[base];
{{- range $j := upto 4}}{{if $j}}
        if col + {{$j}}u < p.N { v.{{axis $j}} += dy[base + {{$j}}u]; }
{{- end}}{{end}}
{{- end}}
    }
{{- if not .Accumulate}}
    out[at] = v;
{{- else if .V4}}
    out[at] += v;
{{- else}}
{{- range $j := upto 4}}
    if col + {{$j}}u < p.N { out[col + {{$j}}u] += v.{{axis $j}}; }
{{- end}}
{{- end}}
}
