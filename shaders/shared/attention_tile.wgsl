// Attention by tiles in workgroup memory. A workgroup owns 32 tokens of a head and walks the head's tokens 4 * TX at
// a time. Invocation (ty, tx) of 8 x TX holds a 4 x 4 block of the scores, s0 to s3: of the owned tokens 4 * ty + 0..3,
// one per component, with the walked tokens j * TX + tx; and of a product with the walked tokens' rows, 4 owned tokens
// by QL vec4s, tx + c * TX.
//
// tile holds the operands of both kinds of products: depths of owned and of walked tokens, transposed, one per line; or 8
// walked tokens' rows, vec4 c * TX + tx of token k at [8 * c + k][tx], and behind them TX walked tokens' scores, a vec4 per 4
// owned tokens at [16 + ty][tx]. Workgroup memory is dear: Metal and DX12 have one invocation clear all of it, and on GPUs
// of little of it its size says how many workgroups run at once.
// Arrays are nested so that an offset is a literal index of its own: wgpu has every other index
// checked, and one check then serves all reads.
var<workgroup> tile: array<array<vec4f, {{.TX}}>, 32>;

// turn stores one vec4 of each of 4 tokens as 4 depths of all of them.
fn turn(line: u32, m: u32, a: vec4f, b: vec4f, c: vec4f, d: vec4f) {
    tile[line][m] = vec4f(a.x, b.x, c.x, d.x);
    tile[line + 1u][m] = vec4f(a.y, b.y, c.y, d.y);
    tile[line + 2u][m] = vec4f(a.z, b.z, c.z, d.z);
    tile[line + 3u][m] = vec4f(a.w, b.w, c.w, d.w);
}

// across_sum returns the total of v over the invocations that share owned tokens. All must call it, past a barrier.
fn across_sum(tx: u32, ty: u32, v: vec4f) -> vec4f {
    tile[tx][ty] = v;
    workgroupBarrier();
    var total = tile[0][ty];
{{- range $x := upto .TX}}{{if $x}}
    total += tile[{{$x}}][ty];
{{- end}}{{end}}
    return total;
}
{{/* products adds depths of owned and walked tokens' products to a block of scores: Sum0 to Sum3 */}}
{{- define "products"}}
{{- range $d := upto .Depths}}
            {
                let a = tile[{{add $.Owned $d}}][ty];
                let b = tile[{{add $.Walked $d}}][tx];
                {{$.Sum}}0 = fma(a, vec4f(b.x), {{$.Sum}}0);
                {{$.Sum}}1 = fma(a, vec4f(b.y), {{$.Sum}}1);
                {{$.Sum}}2 = fma(a, vec4f(b.z), {{$.Sum}}2);
                {{$.Sum}}3 = fma(a, vec4f(b.w), {{$.Sum}}3);
            }
{{- end}}
{{- end}}
{{/* weighted adds the walked tokens' rows, by their weights Weight0 to Weight3, to Sum0_0 to Sum3_(QL-1). From is the
buffer, First the head's first vec4 of token 0, Stride from a token to the next. 8 rows lie in tile at a time; with Ahead the
next are under way meanwhile. When it begins, no invocation may still read lines 0 to 23. The weights are lost */}}
{{- define "weighted"}}
{{- $each := 1}}{{if eq .TX 8}}{{$each = 2}}{{end}}
        {
{{- range $q := upto .QL}}
            let d{{$q}} = {{$.First}} + {{if $.Padded}}min(tx + {{mul $q $.TX}}u, QUADS - 1u){{else}}tx + {{mul $q $.TX}}u{{end}};
            {{if $.Ahead}}var x{{$q}} = {{$.From}}[d{{$q}} + min(t + ty, p.T - 1u) * {{$.Stride}}];{{end}}
{{- end}}
            for (var k = t; k < min(t + {{mul .TX 4}}u, p.T); k += {{mul $each .TX}}u) {
{{- range $j := upto $each}}
{{- range $half := upto (ceil $.TX 8)}}
{{- $at := add (mul $j $.TX) (mul $half 8)}}
{{- $count := 8}}{{if gt (add (mul $half 8) 8) $.TX}}{{$count = mod $.TX 8}}{{end}}
{{- $next := add $at $count}}
                {{if $at}}if k + {{$at}}u < p.T {{end}}{
{{- if eq $half 0}}
                    tile[16u + ty][tx] = {{$.Weight}}{{$j}};
{{- end}}
{{- range $q := upto $.QL}}
                    tile[{{mul $q 8}}u + ty][tx] = {{if $.Ahead}}x{{$q}}{{else}}{{$.From}}[d{{$q}} + min(k + {{$at}}u + ty, p.T - 1u) * {{$.Stride}}]{{end}};
{{- end}}
                    workgroupBarrier();
{{- range $q := upto $.QL}}
                    {{if $.Ahead}}x{{$q}} = {{$.From}}[d{{$q}} + min(k + {{$next}}u + ty, p.T - 1u) * {{$.Stride}}];{{end}}
{{- end}}
{{- range $k := upto $count}}
                    {
                        let w = tile[16u + ty][{{add (mul $half 8) $k}}];
{{- range $q := upto $.QL}}
                        let y{{$q}} = tile[{{add $k (mul $q 8)}}][tx];
{{- range $r := upto 4}}
                        {{$.Sum}}{{$r}}_{{$q}} = fma(vec4f(w.{{axis $r}}), y{{$q}}, {{$.Sum}}{{$r}}_{{$q}});
{{- end}}
{{- end}}
                    }
{{- end}}
                    workgroupBarrier();
                }
{{- end}}
{{- end}}
{{- range $j := upto (sub 4 $each)}}
                {{$.Weight}}{{$j}} = {{$.Weight}}{{add $j $each}};
{{- end}}
            }
        }
{{- end}}
{{/* roles says what an invocation loads for both products of the backward kernels: vec4 d of 4 owned tokens (mine) or
4 walked ones, of the second product's operand or the first's */}}
{{- define "roles"}}
    let mine = i < 32u;
    let each = select({{mul .TX 2}}u, 16u, mine);
    let among = select(i - 32u, i, mine);
    let second = among >= each;
    let n = select(among, among - each, second);
    let d = n % 2u;
    let line = select(16u, 0u, mine) + select(0u, 8u, second) + d * 4u;
{{- end}}
{{/* scores makes both products of the backward kernels, s and ds */}}
{{- define "scores"}}
        let near = select(t, first + n / 2u * 3u, mine) + n / 2u;
        let step = select(TX, 1u, mine);
        let stride = select(TOKEN, KEY, gradient);
{{- range $j := upto 4}}
        let r{{$j}} = origin + min(near + {{$j}}u * step, p.T - 1u) * stride;
        var s{{$j}} = vec4f();
        var ds{{$j}} = vec4f();
{{- end}}
        for (var c = 0u; c < QUADS; c += 2u) {
            if {{if gt .TX 8}}i < {{mul 4 (add .TX 8)}}u{{else}}true{{end}} {
                var a = vec4f(); var b = vec4f(); var e = vec4f(); var f = vec4f();
                if {{if mod .QUADS 2}}c + d < QUADS && {{end}}gradient {
                    a = dO[r0 + c]; b = dO[r1 + c]; e = dO[r2 + c]; f = dO[r3 + c];
                }
                if {{if mod .QUADS 2}}c + d < QUADS && {{end}}!gradient {
                    a = qkv[r0 + c]; b = qkv[r1 + c]; e = qkv[r2 + c]; f = qkv[r3 + c];
                }
                turn(line, n / 2u, a, b, e, f);
            }
            workgroupBarrier();
{{- template "products" (dict "Sum" "s" "Owned" 0 "Walked" 16 "Depths" 8)}}
{{- template "products" (dict "Sum" "ds" "Owned" 8 "Walked" 24 "Depths" 8)}}
            workgroupBarrier();
        }
{{- end}}
