// C = op(A) op(B) by tiles in workgroup memory: the member for GPUs.
//
//   A  (M, K), or (K, M) with AT     rows padded to whole vec4s
//   B  (K, N), or (N, K) with BT
//   C  (splits, M, N)                splits share out the depth K
//
// A workgroup makes 64 x 64 of C in steps of 16 along K, an invocation 4 x 4 of it. Both tiles stand as
// [depth][row or column / 4], so that the inner loop reads vec4s at literal offsets; operands that lie the
// other way are turned over in 4 x 4 blocks on the way in.
{{bind}} var<storage, read> A: array<vec4f>;
{{bind}} var<storage, read> B: array<vec4f>;
//import epilogue
var<workgroup> tile_a: array<vec4f, 256>;
var<workgroup> tile_b: array<vec4f, 256>;
{{/* load fills one tile: Turn when depth runs along the operand's rows */}}
{{- define "load"}}
{{- if .Turn}}
        if i < 64u {
            // thread i turns over rows 4m..4m+3 at depths 4d..4d+3
            let d = i % 4u;
            let m = i / 4u;
            let at = {{.First}} + m * 4u;
            let first = at * p.{{.Stride}} + k + d;
            let inside = k + d < end;
            var r0 = vec4f(); var r1 = vec4f(); var r2 = vec4f(); var r3 = vec4f();
            if inside && at < p.{{.Rows}} { r0 = {{.Name}}[first]; }
            if inside && at + 1u < p.{{.Rows}} { r1 = {{.Name}}[first + p.{{.Stride}}]; }
            if inside && at + 2u < p.{{.Rows}} { r2 = {{.Name}}[first + 2u * p.{{.Stride}}]; }
            if inside && at + 3u < p.{{.Rows}} { r3 = {{.Name}}[first + 3u * p.{{.Stride}}]; }
            {{.Tile}}[d * 64u + m] = vec4f(r0.x, r1.x, r2.x, r3.x);
            {{.Tile}}[d * 64u + 16u + m] = vec4f(r0.y, r1.y, r2.y, r3.y);
            {{.Tile}}[d * 64u + 32u + m] = vec4f(r0.z, r1.z, r2.z, r3.z);
            {{.Tile}}[d * 64u + 48u + m] = vec4f(r0.w, r1.w, r2.w, r3.w);
        }
{{- else}}
        {
            let depth = k * 4u + i / 16u;
            let at = {{.First}} / 4u + i % 16u;
            var v = vec4f();
            if depth < p.K && k + i / 64u < end && at < p.{{.Stride}} { v = {{.Name}}[depth * p.{{.Stride}} + at]; }
            {{.Tile}}[i] = v;
        }
{{- end}}
{{- end}}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let block = group.x + group.y * 32768u;
    let row0 = block / p.across * 64u;
    let col0 = block % p.across * 64u;
    let z = group.z;
    let ty = i / 16u;
    let tx = i % 16u;
    let end = min((z + 1u) * p.depth, (p.K + 3u) / 4u);
    var c0 = vec4f(); var c1 = vec4f(); var c2 = vec4f(); var c3 = vec4f();
    for (var k = z * p.depth; k < end; k += 4u) {
{{- template "load" (dict "Turn" (not .AT) "First" "row0" "Stride" "a_row" "Rows" "M" "Name" "A" "Tile" "tile_a")}}
{{- template "load" (dict "Turn" .BT "First" "col0" "Stride" "b_row" "Rows" "N" "Name" "B" "Tile" "tile_b")}}
        workgroupBarrier();
{{- range $d := upto 16}}
        {
            let a = tile_a[{{mul $d 16}}u + ty];
            let b = tile_b[{{mul $d 16}}u + tx];
            c0 = fma(vec4f(a.x), b, c0);
            c1 = fma(vec4f(a.y), b, c1);
            c2 = fma(vec4f(a.z), b, c2);
            c3 = fma(vec4f(a.w), b, c3);
        }
{{- end}}
        workgroupBarrier();
    }
    let row = row0 + ty * 4u;
    let col = col0 + tx * 4u;
    store(row, col, z, c0);
    store(row + 1u, col, z, c1);
    store(row + 2u, col, z, c2);
    store(row + 3u, col, z, c3);
}
