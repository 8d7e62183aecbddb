// C = A^T B by tiles in workgroup memory, A gathered from the pixels of X (shared/convolution.wgsl): the gradient of a
// convolution's weights. {{.Variant}}
//
//   X  (N, H, W, 4 quads)
//   B  (rows, N)               the gradient of the convolution's result, rows padded to whole vec4s
//   C  (splits, depths, N)     in the order (ty, tx, channel); splits share out the rows, N padded to whole vec4s
//
// As matmul_tile with A^T B. An invocation loads at most 4 channels of a tap and 4 columns of a row each step. Which pixel
// its row is, an odometer tells: a step of DEPTH rows moves it by turn0 columns, turn1 rows and turn2 images.
{{bind}} var<storage, read> X: array<vec4f>;
{{bind}} var<storage, read> B: array<vec4f>;
{{bind}} var<storage, read_write> C: array<vec4f>;
{{bind}} var<uniform> p: Shape;
//import convolution
//import group
{{- $across := div .TILE_N .COLS}}
{{- $threads := mul $across (div .TILE_M .ROWS)}}
{{- $d4 := div .DEPTH 4}}
{{- $quads_m := div .TILE_M 4}}
{{- $quads_n := div .TILE_N 4}}
var<workgroup> tile_a: array<array<array<vec4f, {{$quads_m}}>, 4>, {{$d4}}>;
var<workgroup> tile_b: array<array<array<vec4f, {{$quads_n}}>, 4>, {{$d4}}>;

// end is the number of vec4s of depths here: all taps of all channels.
fn store(row: u32, col: u32, z: u32, v: vec4f) {
    if row >= 4u * p.end || col >= p.N { return; }
    C[(z * p.split + row * p.N + col) / 4u] = v;
}

@compute @workgroup_size({{$threads}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let block = group_number(group);
    let row0 = block / p.across * TILE_M;
    let col0 = block % p.across * TILE_N;
    let z = group.z;
    let ty = i / {{$across}}u;
    let tx = i % {{$across}}u;
    let start = z * p.depth;
    let end = min(start + p.depth, p.rows);
    // this invocation takes 4 channels of a tap, those of quad am, at row ad of each step
    let ad = i / {{$quads_m}}u;
    let am = i % {{$quads_m}}u;
    let quad = row0 / 4u + am;
    let c = quad % p.quads;
    let dx = i32(quad / p.quads % p.taps) * p.step;
    let dy = i32(quad / p.quads / p.taps) * p.step;
    let by = dy * i32(p.W) + dx;
    var j = (start + ad) % p.grid_w;
    var y = (start + ad) / p.grid_w % p.grid_h;
    var n = (start + ad) / p.grid_w / p.grid_h;
    // and 4 columns at row bd
    let bd = i / {{$quads_n}}u;
    let bm = i % {{$quads_n}}u;
    let b_at = col0 / 4u + bm;
{{- range $r := upto .ROWS}}
{{- range $q := upto (div $.COLS 4)}}
    var c{{$r}}_{{$q}} = vec4f();
{{- end}}
{{- end}}
    for (var k = start; k < end; k += DEPTH) {
        if ad < DEPTH {
            var v = vec4f();
            let at = pixel_at(n, y, j);
            if k + ad < end && quad < p.end && inside(at, dy, dx) { v = X[u32(at.x + by) * p.quads + c]; }
            tile_a[ad / 4u][ad % 4u][am] = v;
            j += p.turn0;
            y += p.turn1;
            n += p.turn2;
            if j >= p.grid_w {
                j -= p.grid_w;
                y += 1u;
            }
            if y >= p.grid_h {
                y -= p.grid_h;
                n += 1u;
            }
        }
        if bd < DEPTH {
            var v = vec4f();
            if k + bd < end && b_at < p.b_row { v = B[(k + bd) * p.b_row + b_at]; }
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
