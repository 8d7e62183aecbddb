// C = A B, operands read as textures, A gathered from the pixels of X (shared/convolution.wgsl): a convolution forward, and
// the gradient of its input, for software Vulkan. {{.Variant}}
//
//   X  (N, H, W, 4 quads)   folded as gpu.Fold says
//   B  (depths, N)          the weights in the order of the depths, rows padded to whole vec4s
//   C  (splits, rows, N)    splits share out the depth
//
// As matmul_texel: an invocation makes ROWS x COLS of C, accumulators in groups of 2 rows x 1 vec4. Where its pixels lie is
// worked out once for each tap, and serves all channels.
{{bind}} var X: texture_2d<f32>;
{{bind}} var B: texture_2d<f32>;
{{bind}} var<storage, read_write> C: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
{{- if .Bias}}
{{bind}} var<storage, read> bias: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
{{- end}}
{{bind}} var<uniform> p: Shape;
{{bind}} var nearest: sampler;
//import convolution
//import convolution_store
//import group
//import texel
{{- $quads := div .COLS 4}}

@compute @workgroup_size({{.LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let block = group_number(group) * {{.LANES}}u + lane;
    let row = block / p.across * ROWS;
    let col = block % p.across * COLS;
    let z = group.z;
    let end = min((z + 1u) * p.depth, p.end);
    let a_size = 1.0 / vec2f(vec2i(textureDimensions(X)));
    let b_size = 1.0 / vec2f(vec2i(textureDimensions(B)));
    let b_first = f32(i32(col / 4u)) * b_size.x;
{{- range $r := upto .ROWS}}
    let at{{$r}} = pixel_of(row + {{$r}}u);
{{- end}}
{{- range $r := upto .ROWS}}
{{- range $q := upto $quads}}
    var c{{$r}}_{{$q}} = vec4f();
{{- end}}
{{- end}}
    var k = z * p.depth;
    while k < end {
        let tap = k / p.quads;
        let dy = i32(tap / p.taps) * p.step;
        let dx = i32(tap % p.taps) * p.step;
        let by = dy * i32(p.W) + dx;
        let stop = min(end, (tap + 1u) * p.quads);
{{- range $r := upto .ROWS}}
        let in{{$r}} = inside(at{{$r}}, dy, dx);
        let a_at{{$r}} = folded(u32(select(0, at{{$r}}.x + by, in{{$r}})), p.quads, p.a_shift, a_size);
{{- end}}
        for (; k < stop; k++) {
            let channel = f32(i32(k - tap * p.quads)) * a_size.x;
{{- range $r := upto .ROWS}}
            let a{{$r}} = select(vec4f(), texel(X, vec2f(a_at{{$r}}.x + channel, a_at{{$r}}.y)), in{{$r}});
{{- end}}
{{- range $d := upto 4}}
            let b_at{{$d}} = folded(p.first + 4u * k + {{$d}}u, p.b_row, p.b_shift, b_size) + vec2f(b_first, 0.0);
{{- range $q := upto $quads}}
            let b{{$d}}_{{$q}} = texel(B, vec2f(b_at{{$d}}.x + {{$q}}.0 * b_size.x, b_at{{$d}}.y));
{{- end}}
{{- end}}
{{- range $pair := upto (div .ROWS 2)}}
{{- range $q := upto $quads}}
{{- range $d := upto 4}}
{{- range $s := upto 2}}
{{- $r := add (mul $pair 2) $s}}
            c{{$r}}_{{$q}} = fma(vec4f(a{{$r}}.{{axis $d}}), b{{$d}}_{{$q}}, c{{$r}}_{{$q}});
{{- end}}
{{- end}}
{{- end}}
{{- end}}
        }
    }
{{- range $q := upto $quads}}
{{- range $r := upto $.ROWS}}
    store(row + {{$r}}u, col + {{mul $q 4}}u, z, c{{$r}}_{{$q}});
{{- end}}
{{- end}}
}
