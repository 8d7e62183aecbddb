// o = softmax(q k^T / sqrt(HD)) v for each image and head; lse = log sum exp of a query's scores, for backward.
//
//   qkv  (B*T, 3*D)   D = HEADS * HD, HD a multiple of 4
//   o    (B*T, D)
//   lse  (B, H, T)
//
// Online softmax (Milakov & Gimelshein 2018; Dao et al. 2022): no T x T matrix. A workgroup owns 32 queries and walks
// the keys and values. The member for GPUs.
//import group
//import attention
struct Shape { groups: u32, T: u32, blocks: u32, first: u32 } // groups = B * H * blocks, blocks = T / 32, rounded up
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> o: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> lse: array<f32>;
@group(0) @binding(3) var<uniform> p: Shape;
//import attention_tile

@compute @workgroup_size({{mul .TX 8}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group);
    if at >= p.groups { return; }
    let tx = i % TX;
    let ty = i / TX;
    let first = at % p.blocks * 32u;
    let head = at / p.blocks % HEADS;
    let image = at / p.blocks / HEADS;
    let start = (p.first + image * p.T) * TOKEN + head * QUADS; // the head's first query
    let scale = inverseSqrt(f32(HD)) * LOG2E;

    // what to load for scores: vec4 d of 4 queries, or of 4 keys
    let mine = i < 32u;
    let n = select(i - 32u, i, mine);
    let d = n % 4u;
    let origin = select(start + KEY, start, mine) + d;
    let line = select(16u, 0u, mine) + d * 4u;

    var m = vec4f(LOWEST);
    var l = vec4f();
{{- range $r := upto 4}}{{range $q := upto $.QL}}
    var o{{$r}}_{{$q}} = vec4f();
{{- end}}{{end}}
    for (var t = 0u; t < p.T; t += {{mul .TX 4}}u) {
        let near = select(t, first + n / 4u * 3u, mine) + n / 4u;
        let step = select(TX, 1u, mine);
{{- range $j := upto 4}}
        let r{{$j}} = origin + min(near + {{$j}}u * step, p.T - 1u) * TOKEN;
{{- end}}
{{- range $j := upto 4}}
        var s{{$j}} = vec4f();
{{- end}}
        for (var c = 0u; c < QUADS; c += 4u) {
{{- if gt .TX 8}}
            if i < {{mul 4 (add .TX 8)}}u {
{{- else}}
            {
{{- end}}
{{- if mod .QUADS 4}}
                var a = vec4f(); var b = vec4f(); var e = vec4f(); var f = vec4f();
                if c + d < QUADS { a = qkv[r0 + c]; b = qkv[r1 + c]; e = qkv[r2 + c]; f = qkv[r3 + c]; }
                turn(line, n / 4u, a, b, e, f);
{{- else}}
                turn(line, n / 4u, qkv[r0 + c], qkv[r1 + c], qkv[r2 + c], qkv[r3 + c]);
{{- end}}
            }
            workgroupBarrier();
{{- template "products" (dict "Sum" "s" "Owned" 0 "Walked" 16 "Depths" 16)}}
            workgroupBarrier();
        }
{{- range $j := upto 4}}
        s{{$j}} = select(vec4f(LOWEST), s{{$j}} * scale, t + {{mul $j $.TX}}u + tx < p.T);
{{- end}}
        tile[24u + ty][tx] = max(max(s0, s1), max(s2, s3));
        workgroupBarrier();
        var top = m;
{{- range $x := upto .TX}}
        top = max(top, tile[24u + ty][{{$x}}]);
{{- end}}
        let fade = exp2(m - top);
        m = top;
        l *= fade;
{{- range $j := upto 4}}
        s{{$j}} = exp2(s{{$j}} - top);
        l += s{{$j}};
{{- end}}
{{- range $r := upto 4}}{{range $q := upto $.QL}}
        o{{$r}}_{{$q}} *= fade.{{axis $r}};
{{- end}}{{end}}
{{- /* not Ahead: NVIDIA's compiler would take 128 registers instead of 107, and spill */}}
{{- template "weighted" (dict "Ahead" false "TX" .TX "QL" .QL "Padded" .Padded "Sum" "o" "Weight" "s" "From" "qkv" "First" "start + VALUE" "Stride" "TOKEN")}}
    }
    l = across_sum(tx, ty, l);
    let row = first + ty * 4u;
    let total = m / LOG2E + log(l);
{{- range $r := upto 4}}
    if row + {{$r}}u < p.T {
        let to = (p.first + image * p.T + row + {{$r}}u) * KEY + head * QUADS + tx;
{{- range $q := upto $.QL}}
        {{if $.Padded}}if tx + {{mul $q $.TX}}u < QUADS { {{end}}o[to + {{mul $q $.TX}}u] = o{{$r}}_{{$q}} / l.{{axis $r}};{{if $.Padded}} }{{end}}
{{- end}}
        if tx == 0u { lse[at / p.blocks * p.T + row + {{$r}}u] = total.{{axis $r}}; }
    }
{{- end}}
}
