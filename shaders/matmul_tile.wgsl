// C = op(A) op(B) by tiles in workgroup memory: the member for GPUs. {{.Form}}, {{.Variant}}
//
//   A  (M, K), or (K, M) with AT     rows padded to whole vec4s
//   B  (K, N), or (N, K) with BT
//   C  (splits, M, N)                splits share out the depth K
//
// A workgroup makes TILE_M x TILE_N of C in steps of DEPTH along K, an invocation ROWS x COLS of it. Call the rows of A
// and the columns of B lines. Both tiles stand as [depth / 4][depth % 4][line / 4], so that the inner loop, unrolled over
// the depth, reads vec4s at literal depths: wgpu has every other index checked, and one check then serves all reads of a
// line. A vec4 in memory is
//
//   wide: 4 lines at one depth (B of A B, both of A^T B), and is stored as it is
//   deep: 4 depths of one line (A of A B, both of A B^T), and is turned as it is stored, one number at each depth; a vec4
//         more in each row of the tile then keeps 32 neighbors' stores in 32 banks
//
// Each invocation moves one vec4 of an operand a step, and the next step's are on their way from memory while this one's
// are multiplied. Small depths leave little workgroup memory to clear at entry.
{{bind}} var<storage, read> A: array<vec4f>;
{{bind}} var<storage, read> B: array<vec4f>;
//import epilogue
//import group
{{- $across := div .TILE_N .COLS}}
{{- $threads := mul $across (div .TILE_M .ROWS)}}
{{- $d4 := div .DEPTH 4}}
{{- $in_a := mul .TILE_M $d4}}
{{- $in_b := mul .TILE_N $d4}}
{{/* where both tiles together have one vec4 for each invocation, the first ones move A's and the others B's */}}
{{- $apart := eq (add $in_a $in_b) $threads}}
{{- $row_a := div .TILE_M 4}}{{if not .AT}}{{$row_a = add $row_a 1}}{{end}}
{{- $row_b := div .TILE_N 4}}{{if .BT}}{{$row_b = add $row_b 1}}{{end}}
{{- $a := dict "x" "a" "Name" "A" "Tile" "tile_a" "Deep" (not .AT) "Size" .TILE_M "First" "row0" "Lines" "M" "Next" "next_a"
    "D4" $d4 "Own" (eq $in_a $threads) "Mine" (print "i < " $in_a "u")}}
{{- $b := dict "x" "b" "Name" "B" "Tile" "tile_b" "Deep" .BT "Size" .TILE_N "First" "col0" "Lines" "N" "Next" (or (and $apart "next_a") "next_b")
    "D4" $d4 "Own" (eq $in_b $threads) "Mine" (print "i " (or (and $apart ">= ") "< ") $in_b "u")}}
var<workgroup> tile_a: array<array<array<vec4f, {{$row_a}}>, 4>, {{$d4}}>;
var<workgroup> tile_b: array<array<array<vec4f, {{$row_b}}>, 4>, {{$d4}}>;
{{/* place: which vec4 of an operand this invocation moves */}}
{{- define "place"}}
{{- $in := mul .Size .D4}}
    let {{.x}}_j = i{{if not .Own}} % {{$in}}u{{end}};
{{- if .Deep}}
    // 32 neighbors take 16 lines and pieces of 32 bytes of each
    let {{.x}}_depth = {{.x}}_j / 16u % {{.D4}}u;
    let {{.x}}_line = {{.x}}_j % 16u + {{.x}}_j / {{mul 16 .D4}}u * 16u;
    var {{.x}}_at = min({{.First}} + {{.x}}_line, p.{{.Lines}} - 1u) * p.{{.x}}_row + start + {{.x}}_depth;
    let {{.x}}_end = end - min({{.x}}_depth, end);
{{- else}}
    let {{.x}}_depth = {{.x}}_j / {{div .Size 4}}u;
    let {{.x}}_quad = {{.x}}_j % {{div .Size 4}}u;
    var {{.x}}_at = (4u * start + {{.x}}_depth) * p.{{.x}}_row + min({{.First}} / 4u + {{.x}}_quad, p.{{.x}}_row - 1u);
    let {{.x}}_end = min(end, (p.K + 3u - min({{.x}}_depth, p.K)) / 4u);
{{- end}}
{{- end}}
{{/* fetch: that vec4 from memory, of the step at vec4 K of the depth; zeros past the end */}}
{{- define "fetch"}}
{{- with .Of}}
        if {{if not .Own}}{{.Mine}} && {{end}}{{$.K}} < {{.x}}_end { {{.Next}} = {{.Name}}[{{.x}}_at]; }
        {{.x}}_at += {{if .Deep}}{{.D4}}u{{else}}{{mul 4 .D4}}u * p.{{.x}}_row{{end}};
{{- end}}
{{- end}}
{{/* put: it into the tile */}}
{{- define "put"}}
        {{if not .Own}}if {{.Mine}} {{end}}{
{{- if .Deep}}
{{- $o := .}}
{{- range $e := upto 4}}
            {{$o.Tile}}[{{$o.x}}_depth][{{$e}}][{{$o.x}}_line / 4u][{{$o.x}}_line % 4u] = {{$o.Next}}.{{axis $e}};
{{- end}}
{{- else}}
            {{.Tile}}[{{.x}}_depth / 4u][{{.x}}_depth % 4u][{{.x}}_quad] = {{.Next}};
{{- end}}
        }
{{- end}}

@compute @workgroup_size({{$threads}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let block = p.first + group_number(group);
    let row0 = select(p.M, block / p.across * TILE_M, block < p.end); // past the end nothing is stored
    let col0 = block % p.across * TILE_N;
    let z = group.z;
    let ty = i / {{$across}}u;
    let tx = i % {{$across}}u;
    let start = z * p.depth;
    let end = min(start + p.depth, (p.K + 3u) / 4u);
{{- range $r := upto .ROWS}}
{{- range $c := upto (div $.COLS 4)}}
    var c{{$r}}_{{$c}} = vec4f();
{{- end}}
{{- end}}
{{- $sums := or .Sums .Inside}}
    {{if $sums}}var sum = vec4f(); // of what this invocation loads of A: one depth of each step{{end}}
{{- template "place" $a}}
{{- template "place" $b}}
    var next_a = vec4f();
    {{if not $apart}}var next_b = vec4f();{{end}}

{{- template "fetch" (dict "K" "start" "Of" $a)}}
{{- template "fetch" (dict "K" "start" "Of" $b)}}
    for (var k = start; k < end; k += {{$d4}}u) {
{{- template "put" $a}}
{{- template "put" $b}}
        {{if $sums}}sum += next_a;{{end}}
        workgroupBarrier();
        next_a = vec4f();
        {{if not $apart}}next_b = vec4f();{{end}}
{{- $next := print "k + " $d4 "u"}}
{{- template "fetch" (dict "K" $next "Of" $a)}}
{{- template "fetch" (dict "K" $next "Of" $b)}}
{{- range $d := upto $d4}}
{{- range $e := upto 4}}
        {
{{- range $r := upto (div $.ROWS 4)}}
            let a{{$r}} = tile_a[{{$d}}][{{$e}}][ty * {{div $.ROWS 4}}u + {{$r}}u];
{{- end}}
{{- range $c := upto (div $.COLS 4)}}
            let b{{$c}} = tile_b[{{$d}}][{{$e}}][tx + {{mul $c $across}}u];
{{- end}}
{{- range $r := upto $.ROWS}}
{{- range $c := upto (div $.COLS 4)}}
            c{{$r}}_{{$c}} = fma(vec4f(a{{div $r 4}}.{{axis $r}}), b{{$c}}, c{{$r}}_{{$c}});
{{- end}}
{{- end}}
        }
{{- end}}
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
