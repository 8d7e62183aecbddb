// C = A B by tiles in workgroup memory, A gathered from the pixels of X (shared/convolution.wgsl): a convolution forward, and
// the gradient of its input. {{.Variant}}
//
//   X  (N, H, W, 4 quads)
//   B  (depths, N)         the weights in the order of the depths, rows padded to whole vec4s
//   C  (splits, rows, N)   splits share out the depth
//
// As matmul_tile: a workgroup makes TILE_M x TILE_N of C in steps of DEPTH, an invocation ROWS x COLS of it. An invocation
// loads at most 4 depths of 4 pixels and 4 columns of a depth each step. Where it is among taps and channels, an odometer
// tells: a step moves it by turn0 channels, turn1 taps along x, and turn2 along y.
{{bind}} var<storage, read> X: array<vec4f>;
{{bind}} var<storage, read> B: array<vec4f>;
{{bind}} var<storage, read_write> C: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
{{- if .Bias}}
{{bind}} var<storage, read> bias: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
{{- end}}
{{bind}} var<uniform> p: Shape;
//import convolution
//import convolution_store
//import group
{{- $across := div .TILE_N .COLS}}
{{- $threads := mul $across (div .TILE_M .ROWS)}}
{{- $d4 := div .DEPTH 4}}
{{- $quads_m := div .TILE_M 4}}
{{- $quads_n := div .TILE_N 4}}
var<workgroup> tile_a: array<array<array<vec4f, {{$quads_m}}>, 4>, {{$d4}}>;
var<workgroup> tile_b: array<array<array<vec4f, {{$quads_n}}>, 4>, {{$d4}}>;

@compute @workgroup_size({{$threads}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let block = group_number(group);
    let row0 = block / p.across * TILE_M;
    let col0 = block % p.across * TILE_N;
    let z = group.z;
    let ty = i / {{$across}}u;
    let tx = i % {{$across}}u;
    let start = z * p.depth;
    let end = min(start + p.depth, p.end);
    // this invocation turns over rows 4m..4m+3 at depths 4d..4d+3
    let d = i % {{$d4}}u;
    let m = i / {{$d4}}u;
{{- range $r := upto 4}}
    let at{{$r}} = pixel_of(row0 + m * 4u + {{$r}}u);
{{- end}}
    var c = (start + d) % p.quads;
    var tap_x = (start + d) / p.quads % p.taps;
    var tap_y = (start + d) / p.quads / p.taps;
    // and takes 4 columns of depth bd
    let bd = i / {{$quads_n}}u;
    let bm = i % {{$quads_n}}u;
    let b_at = col0 / 4u + bm;
{{- range $r := upto .ROWS}}
{{- range $q := upto (div $.COLS 4)}}
    var c{{$r}}_{{$q}} = vec4f();
{{- end}}
{{- end}}
    for (var k = start; k < end; k += {{$d4}}u) {
        if m < {{$quads_m}}u {
            let dy = i32(tap_y) * p.step;
            let dx = i32(tap_x) * p.step;
            let by = dy * i32(p.W) + dx;
            let live = k + d < end;
{{- range $r := upto 4}}
            var r{{$r}} = vec4f();
            if live && inside(at{{$r}}, dy, dx) { r{{$r}} = X[u32(at{{$r}}.x + by) * p.quads + c]; }
{{- end}}
            tile_a[d][0][m] = vec4f(r0.x, r1.x, r2.x, r3.x);
            tile_a[d][1][m] = vec4f(r0.y, r1.y, r2.y, r3.y);
            tile_a[d][2][m] = vec4f(r0.z, r1.z, r2.z, r3.z);
            tile_a[d][3][m] = vec4f(r0.w, r1.w, r2.w, r3.w);
            c += p.turn0;
            tap_x += p.turn1;
            tap_y += p.turn2;
            if c >= p.quads {
                c -= p.quads;
                tap_x += 1u;
            }
            if tap_x >= p.taps {
                tap_x -= p.taps;
                tap_y += 1u;
            }
        }
        if bd < DEPTH {
            var v = vec4f();
            if k + bd / 4u < end && b_at < p.b_row { v = B[(p.first + k * 4u + bd) * p.b_row + b_at]; }
            tile_b[bd / 4u][bd % 4u][bm] = v;
        }
        workgroupBarrier();
{{- range $d := upto .DEPTH}}
        {
{{- range $r := upto (div $.ROWS 4)}}
            let a{{$r}} = tile_a[{{div $d 4}}][{{mod $d 4}}][ty * {{div $.ROWS 4}}u + {{$r}}u];
{{- end}}
{{- range $q := upto (div $.COLS 4)}}
            let b{{$q}} = tile_b[{{div $d 4}}][{{mod $d 4}}][tx + {{mul $q $across}}u];
{{- end}}
{{- range $r := upto $.ROWS}}
{{- range $q := upto (div $.COLS 4)}}
            c{{$r}}_{{$q}} = fma(vec4f(a{{div $r 4}}.{{axis (mod $r 4)}}), b{{$q}}, c{{$r}}_{{$q}});
{{- end}}
{{- end}}
        }
{{- end}}
        workgroupBarrier();
    }
    let row = row0 + ty * ROWS;
{{- range $q := upto (div .COLS 4)}}
    {
        let col = col0 + tx * 4u + {{mul $q (mul 4 $across)}}u;
{{- range $r := upto $.ROWS}}
        store(row + {{$r}}u, col, z, c{{$r}}_{{$q}});
{{- end}}
    }
{{- end}}
}
