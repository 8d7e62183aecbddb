// out[b, patch, (c, y, x)] = pixel c of image b at the patch's y and x; an invocation makes 4 columns of a row.
//
//   pixels  (B, 3, H, W)   float32; pixels beyond the last whole patch are dropped
//           (B, H, W, 3)   with Bytes: uint8, four per word, normalized to (byte / 255 - mean[c]) / deviation[c]
//   out     (R, KP)        from row p.first on: (B, P, KP), P = (H / PATCH) (W / PATCH), row by row; KP = 3 PATCH^2
//                          rounded up to a multiple of 4, zeros behind
//
// Conv2d with stride PATCH as a matrix (reference PatchEmbed): columns in the order of the weight's elements.
//import group

struct Shape {
    B: u32, H: u32, W: u32, first: u32,
{{- if .Bytes}}
    mean: vec4f,
    deviation: vec4f,
{{- end}}
}
@group(0) @binding(0) var<storage, read> pixels: array<{{if .Bytes}}u32{{else}}f32{{end}}>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> p: Shape;

const AREA = PATCH * PATCH;
const QUADS = (3u * AREA + 3u) / 4u;

// pixel is element e of the patch of image b whose first pixel is number corner.
fn pixel(b: u32, corner: u32, e: u32) -> f32 {
    let c = e / AREA;
    let at = corner + e % AREA / PATCH * p.W + e % PATCH;
{{- if .Bytes}}
    let i = (b * p.H * p.W + at) * 3u + c;
    let value = f32((pixels[i / 4u] >> (i % 4u * 8u)) & 255u) / 255.0;
    return (value - p.mean[c]) / p.deviation[c];
{{- else}}
    return pixels[(b * 3u + c) * p.H * p.W + at];
{{- end}}
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    let across = p.W / PATCH;
    let patches = p.H / PATCH * across;
    if at >= p.B * patches * QUADS { return; }
    let e = at % QUADS * 4u;
    let n = at / QUADS % patches;
    let b = at / QUADS / patches;
    let corner = n / across * PATCH * p.W + n % across * PATCH;
    var v = vec4f();
{{- range $j := upto 4}}
    if e + {{$j}}u < 3u * AREA { v.{{axis $j}} = pixel(b, corner, e + {{$j}}u); }
{{- end}}
    out[p.first * QUADS + at] = v;
}
