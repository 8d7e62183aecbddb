// out[b, y, x, c] = channel c of a pixel of image b, with a fourth channel of 0; an invocation makes a pixel.
//
//   pixels  (B, 3, H, W)   float32
//           (B, H, W, 3)   with Bytes: uint8, four per word, normalized to (byte / 255 - mean[c]) / deviation[c]
//   out     (B, H, W, 4)
//
// What a convolution reads: the channels of a pixel side by side, in a whole vec4.
//import group

struct Shape {
    images: u32, area: u32, // H * W
{{- if .Bytes}}
    mean: vec4f,
    deviation: vec4f,
{{- end}}
}
@group(0) @binding(0) var<storage, read> pixels: array<{{if .Bytes}}u32{{else}}f32{{end}}>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> p: Shape;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.images * p.area { return; }
{{- if .Bytes}}
    var v = vec4f();
{{- range $c := upto 3}}
    let at{{$c}} = 3u * at + {{$c}}u;
    v.{{axis $c}} = (f32((pixels[at{{$c}} / 4u] >> (at{{$c}} % 4u * 8u)) & 255u) / 255.0 - p.mean.{{axis $c}}) / p.deviation.{{axis $c}};
{{- end}}
    out[at] = v;
{{- else}}
    let first = at / p.area * 3u * p.area + at % p.area;
    out[at] = vec4f(pixels[first], pixels[first + p.area], pixels[first + 2u * p.area], 0.0);
{{- end}}
}
