// out = a convolution's weights with each tap's channels in rows, in the order in which the kernels go through them; an
// invocation makes 4 columns of a row.
//
//   weight  (O, I, K, K)
//   out     (K * K * P, Q)   row (tap, i), column o; with Back row (tap, o), column i: for the input's gradient. P and Q are
//                            the numbers of rows and columns rounded up to multiples of 4, zeros there
//
// Taps stand in row-major order, those (ky, kx) with the same remainders by p.stride side by side: each remainder makes the
// gradient of the pixels with one remainder of their own. Forward p.stride is 1.
//import group

struct Shape { O: u32, I: u32, stride: u32 }
@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> p: Shape;

// before is the number of places along an axis whose remainder is less than r.
fn before(r: u32) -> u32 { return r * (K / p.stride) + min(r, K % p.stride); }

fn value(o: u32, i: u32, tap: u32) -> f32 {
    if o >= p.O || i >= p.I { return 0.0; }
    return weight[(o * p.I + i) * K * K + tap];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
    let at = group_number(group) * 64u + index;
    let rows = ({{if .Back}}p.O{{else}}p.I{{end}} + 3u) / 4u * 4u;
    let quads = ({{if .Back}}p.I{{else}}p.O{{end}} + 3u) / 4u;
    if at >= K * K * rows * quads { return; }
    let col = at % quads * 4u;
    let row = at / quads % rows;
    let tap = at / quads / rows;
    let ky = tap / K;
    let kx = tap % K;
    let ry = ky % p.stride;
    let rx = kx % p.stride;
    let high = before(ry + 1u) - before(ry);
    let wide = before(rx + 1u) - before(rx);
    let place = before(ry) * K + high * before(rx) + ky / p.stride * wide + kx / p.stride;
    out[(place * rows + row) * quads + at % quads] = vec4f(
{{- range $j := upto 4}}
        {{if $.Back}}value(row, col + {{$j}}u, tap){{else}}value(col + {{$j}}u, row, tap){{end}},
{{- end}}
    );
}
