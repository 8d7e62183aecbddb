// C = op(A) op(B) by tiles in workgroup memory: the member for GPUs. {{.Form}}, {{.Variant}}
//
//   A  (M, K), or (K, M) with AT     rows padded to whole vec4s
//   B  (K, N), or (N, K) with BT
//   C  (splits, M, N)                splits share out the depth K
//
// A workgroup makes TILE_M x TILE_N of C in steps of DEPTH along K, an invocation ROWS x COLS of it. Both tiles stand
// as [depth / 4][depth % 4][row or column / 4], so that the inner loop, unrolled over the depth, reads vec4s at literal
// depths: wgpu has every other index checked, and one check then serves all reads of a row or column. Operands that lie
// the other way are turned over in 4 x 4 blocks on the way in. Small depths leave little workgroup memory to clear at
// entry.
{{bind}} var<storage, read> A: array<vec4f>;
{{bind}} var<storage, read> B: array<vec4f>;
//import epilogue
//import group
{{- $across := div .TILE_N .COLS}}
{{- $threads := mul $across (div .TILE_M .ROWS)}}
{{- $d4 := div .DEPTH 4}}
var<workgroup> tile_a: array<array<array<vec4f, {{div .TILE_M 4}}>, 4>, {{$d4}}>;
var<workgroup> tile_b: array<array<array<vec4f, {{div .TILE_N 4}}>, 4>, {{$d4}}>;
{{/* load fills one tile of Size rows or columns: Turn when depth runs along the operand's rows */}}
{{- define "load"}}
{{- $quads := div .Size 4}}
{{- if .Turn}}
{{- range $q := upto (ceil (mul $quads $.D4) $.Threads)}}
        {
            // thread j turns over rows 4m..4m+3 at depths 4d..4d+3
            let j = i + {{mul $q $.Threads}}u;
            let d = j % {{$.D4}}u;
            let m = j / {{$.D4}}u;
            let at = {{$.First}} + m * 4u;
            let first = at * p.{{$.Stride}} + k + d;
            let inside = m < {{$quads}}u && k + d < end;
            var r0 = vec4f(); var r1 = vec4f(); var r2 = vec4f(); var r3 = vec4f();
            if inside && at < p.{{$.Rows}} { r0 = {{$.Name}}[first]; }
            if inside && at + 1u < p.{{$.Rows}} { r1 = {{$.Name}}[first + p.{{$.Stride}}]; }
            if inside && at + 2u < p.{{$.Rows}} { r2 = {{$.Name}}[first + 2u * p.{{$.Stride}}]; }
            if inside && at + 3u < p.{{$.Rows}} { r3 = {{$.Name}}[first + 3u * p.{{$.Stride}}]; }
            if m < {{$quads}}u {
                {{$.Tile}}[d][0][m] = vec4f(r0.x, r1.x, r2.x, r3.x);
                {{$.Tile}}[d][1][m] = vec4f(r0.y, r1.y, r2.y, r3.y);
                {{$.Tile}}[d][2][m] = vec4f(r0.z, r1.z, r2.z, r3.z);
                {{$.Tile}}[d][3][m] = vec4f(r0.w, r1.w, r2.w, r3.w);
            }
        }
{{- end}}
{{- else}}
{{- range $q := upto (ceil (mul $quads (mul 4 $.D4)) $.Threads)}}
        {
            let j = i + {{mul $q $.Threads}}u;
            let d = j / {{$quads}}u;
            let depth = k * 4u + d;
            let m = j % {{$quads}}u;
            let at = {{$.First}} / 4u + m;
            var v = vec4f();
            if d < {{mul 4 $.D4}}u && depth < p.K && k + d / 4u < end && at < p.{{$.Stride}} { v = {{$.Name}}[depth * p.{{$.Stride}} + at]; }
            if d < {{mul 4 $.D4}}u { {{$.Tile}}[d / 4u][d % 4u][m] = v; }
            {{if $.Sum}}sum += v;{{end}}
        }
{{- end}}
{{- end}}
{{- end}}

@compute @workgroup_size({{$threads}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let block = p.first + group_number(group);
    let row0 = select(p.M, block / p.across * TILE_M, block < p.end); // past the end nothing is stored
    let col0 = block % p.across * TILE_N;
    let z = group.z;
    let ty = i / {{$across}}u;
    let tx = i % {{$across}}u;
    let end = min((z + 1u) * p.depth, (p.K + 3u) / 4u);
{{- range $r := upto .ROWS}}
{{- range $c := upto (div $.COLS 4)}}
    var c{{$r}}_{{$c}} = vec4f();
{{- end}}
{{- end}}
{{- $sums := or .Sums .Inside}}
    {{if $sums}}var sum = vec4f(); // of what this invocation loads of A: one depth of each step{{end}}
    for (var k = z * p.depth; k < end; k += {{$d4}}u) {
{{- template "load" (dict "Turn" (not .AT) "First" "row0" "Stride" "a_row" "Rows" "M" "Name" "A" "Tile" "tile_a" "Size" .TILE_M "D4" $d4 "Threads" $threads "Sum" $sums)}}
{{- template "load" (dict "Turn" .BT "First" "col0" "Stride" "b_row" "Rows" "N" "Name" "B" "Tile" "tile_b" "Size" .TILE_N "D4" $d4 "Threads" $threads "Sum" false)}}
        workgroupBarrier();
{{- range $d := upto .DEPTH}}
        {
{{- range $r := upto (div $.ROWS 4)}}
            let a{{$r}} = tile_a[{{div $d 4}}][{{mod $d 4}}][ty * {{div $.ROWS 4}}u + {{$r}}u];
{{- end}}
{{- range $c := upto (div $.COLS 4)}}
            let b{{$c}} = tile_b[{{div $d 4}}][{{mod $d 4}}][tx + {{mul $c $across}}u];
{{- end}}
{{- range $r := upto $.ROWS}}
{{- range $c := upto (div $.COLS 4)}}
            c{{$r}}_{{$c}} = fma(vec4f(a{{div $r 4}}.{{axis (mod $r 4)}}), b{{$c}}, c{{$r}}_{{$c}});
{{- end}}
{{- end}}
        }
{{- end}}
        workgroupBarrier();
    }
{{- if $sums}}
{{- $quads := div .TILE_M 4}}
    if i < {{mul $quads .DEPTH}}u { tile_a[i / {{mul 4 $quads}}u][i / {{$quads}}u % 4u][i % {{$quads}}u] = sum; }
    workgroupBarrier();
    if col0 == 0u && i < {{$quads}}u {
        store_sums(row0 + 4u * i, z, tile_a[0][0][i]{{range $d := upto .DEPTH}}{{if $d}} + tile_a[{{div $d 4}}][{{mod $d 4}}][i]{{end}}{{end}});
    }
{{- end}}
    let row = row0 + ty * ROWS;
{{- range $c := upto (div .COLS 4)}}
    {
        let col = col0 + tx * 4u + {{mul $c (mul 4 $across)}}u;
        let shift = columns(col);
{{- range $r := upto $.ROWS}}
        store(row + {{$r}}u, col, z, c{{$r}}_{{$c}} + shift);
{{- end}}
    }
{{- end}}
}
