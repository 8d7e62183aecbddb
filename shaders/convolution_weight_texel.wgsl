// C = A^T B, operands read as textures, A gathered from the pixels of X (shared/convolution.wgsl): the gradient of a
// convolution's weights, for software Vulkan. {{.Variant}}
//
//   X  (N, H, W, 4 quads)      folded as gpu.Fold says
//   B  (rows, N)               the gradient of the convolution's result, rows padded to whole vec4s
//   C  (splits, depths, N)     in the order (ty, tx, channel); splits share out the rows, N padded to whole vec4s
//
// As matmul_texel with A^T B: an invocation makes ROWS channels of one tap x COLS of C from 4 rows at a time. Which pixels
// those are, an odometer tells: 4 rows move it by turn0 columns, turn1 rows and turn2 images.
{{bind}} var X: texture_2d<f32>;
{{bind}} var B: texture_2d<f32>;
{{bind}} var<storage, read_write> C: array<vec4f>;
{{bind}} var<uniform> p: Shape;
{{bind}} var nearest: sampler;
//import convolution
//import group
//import texel
{{- $quads := div .COLS 4}}

fn store(tap: u32, channel: u32, col: u32, z: u32, v: vec4f) {
    if channel >= 4u * p.quads || col >= p.N { return; }
    C[(z * p.split + (tap * 4u * p.quads + channel) * p.N + col) / 4u] = v;
}

@compute @workgroup_size({{.LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let block = group_number(group) * {{.LANES}}u + lane;
    let strips = (4u * p.quads + ROWS - 1u) / ROWS; // of a tap
    let tap = block / p.across / strips;
    let channel = block / p.across % strips * ROWS;
    let col = block % p.across * COLS;
    if tap * p.quads >= p.end { return; } // end: vec4s of depths, all taps of all channels
    let z = group.z;
    let start = z * p.depth;
    let end = min(start + p.depth, p.rows);
    let dy = i32(tap / p.taps) * p.step;
    let dx = i32(tap % p.taps) * p.step;
    let by = dy * i32(p.W) + dx;
    let a_size = 1.0 / vec2f(vec2i(textureDimensions(X)));
    let b_size = 1.0 / vec2f(vec2i(textureDimensions(B)));
    let a_first = f32(i32(channel / 4u)) * a_size.x;
    let b_first = f32(i32(col / 4u)) * b_size.x;
{{- range $d := upto 4}}
    var j{{$d}} = (start + {{$d}}u) % p.grid_w;
    var y{{$d}} = (start + {{$d}}u) / p.grid_w % p.grid_h;
    var n{{$d}} = (start + {{$d}}u) / p.grid_w / p.grid_h;
{{- end}}
{{- range $r := upto .ROWS}}
{{- range $q := upto $quads}}
    var c{{$r}}_{{$q}} = vec4f();
{{- end}}
{{- end}}
    for (var k = start; k < end; k += 4u) {
{{- range $d := upto 4}}
        let at{{$d}} = pixel_at(n{{$d}}, y{{$d}}, j{{$d}});
        let in{{$d}} = k + {{$d}}u < end && inside(at{{$d}}, dy, dx);
        let a_at{{$d}} = folded(u32(select(0, at{{$d}}.x + by, in{{$d}})), p.quads, p.a_shift, a_size);
{{- range $q := upto (div $.ROWS 4)}}
        let a{{$d}}_{{$q}} = select(vec4f(), texel(X, vec2f(a_at{{$d}}.x + a_first + {{$q}}.0 * a_size.x, a_at{{$d}}.y)), in{{$d}});
{{- end}}
        let b_at{{$d}} = folded(k + {{$d}}u, p.b_row, p.b_shift, b_size) + vec2f(b_first, 0.0);
{{- range $q := upto $quads}}
        let b{{$d}}_{{$q}} = {{if $.TAIL}}select(vec4f(), {{end}}texel(B, vec2f(b_at{{$d}}.x + {{$q}}.0 * b_size.x, b_at{{$d}}.y)){{if $.TAIL}}, k + {{$d}}u < end){{end}};
{{- end}}
        j{{$d}} += p.turn0;
        y{{$d}} += p.turn1;
        n{{$d}} += p.turn2;
        y{{$d}} += select(0u, 1u, j{{$d}} >= p.grid_w);
        j{{$d}} -= select(0u, p.grid_w, j{{$d}} >= p.grid_w);
        n{{$d}} += select(0u, 1u, y{{$d}} >= p.grid_h);
        y{{$d}} -= select(0u, p.grid_h, y{{$d}} >= p.grid_h);
{{- end}}
{{- range $pair := upto (div .ROWS 2)}}
{{- range $q := upto $quads}}
{{- range $d := upto 4}}
{{- range $s := upto 2}}
{{- $r := add (mul $pair 2) $s}}
        c{{$r}}_{{$q}} = fma(vec4f(a{{$d}}_{{div $r 4}}.{{axis (mod $r 4)}}), b{{$d}}_{{$q}}, c{{$r}}_{{$q}});
{{- end}}
{{- end}}
{{- end}}
{{- end}}
    }
{{- range $q := upto $quads}}
{{- range $r := upto $.ROWS}}
    store(tap, channel + {{$r}}u, col + {{mul $q 4}}u, z, c{{$r}}_{{$q}});
{{- end}}
{{- end}}
}
