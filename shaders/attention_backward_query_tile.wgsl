// dq = scale * sum over keys of P * (dO . v - delta) * k, P = exp(scale * q . k - lse), delta = dO . o.
//
//   qkv, dqkv   (B*T, 3*D)   D = HEADS * HD, HD a multiple of 4; only the queries' third of dqkv is written
//   o, dO       (B*T, D)
//   lse, delta  (B, H, T)    delta is kept for attention_backward_keyvalue_tile
//
// Dao et al. 2022, split by output as in metal-flash-attention: no atomics. A workgroup owns 32 queries and walks the
// keys and values. The member for GPUs.
//import group
//import attention
struct Shape { groups: u32, T: u32, blocks: u32, first: u32 } // groups = B * H * blocks, blocks = T / 32, rounded up
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> o: array<vec4f>;
@group(0) @binding(2) var<storage, read> dO: array<vec4f>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read_write> delta: array<f32>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(6) var<uniform> p: Shape;
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
    let start_o = (p.first + image * p.T) * KEY + head * QUADS;
    let scale = inverseSqrt(f32(HD));
{{- template "roles" (dict "TX" .TX)}}
    let origin = select(start + select(KEY, VALUE, second), select(start, start_o, second), mine) + d;
    let gradient = mine && second;

    let row = first + ty * 4u;
    var lses = vec4f();
    var deltas = vec4f();
{{- range $r := upto 4}}
    {
        let t = min(row + {{$r}}u, p.T - 1u);
        lses.{{axis $r}} = lse[at / p.blocks * p.T + t] * LOG2E;
{{- range $q := upto $.QL}}
        {{if $.Padded}}if tx + {{mul $q $.TX}}u < QUADS {{end}}{ let n = start_o + t * KEY + tx + {{mul $q $.TX}}u; deltas.{{axis $r}} += dot(dO[n], o[n]); }
{{- end}}
    }
{{- end}}
    deltas = across_sum(tx, ty, deltas);
    workgroupBarrier();
{{- range $r := upto 4}}{{range $q := upto $.QL}}
    var dq{{$r}}_{{$q}} = vec4f();
{{- end}}{{end}}
    for (var t = 0u; t < p.T; t += {{mul .TX 4}}u) {
{{- template "scores" .}}
{{- range $j := upto 4}}
        ds{{$j}} = select(vec4f(), exp2(s{{$j}} * (scale * LOG2E) - lses) * (ds{{$j}} - deltas), t + {{mul $j $.TX}}u + tx < p.T);
{{- end}}
{{- template "weighted" (dict "Ahead" true "TX" .TX "QL" .QL "Padded" .Padded "Sum" "dq" "Weight" "ds" "From" "qkv" "First" "start + KEY" "Stride" "TOKEN")}}
    }
{{- range $r := upto 4}}
    if row + {{$r}}u < p.T {
        let to = start + (row + {{$r}}u) * TOKEN + tx;
{{- range $q := upto $.QL}}
        {{if $.Padded}}if tx + {{mul $q $.TX}}u < QUADS { {{end}}dqkv[to + {{mul $q $.TX}}u] = dq{{$r}}_{{$q}} * scale;{{if $.Padded}} }{{end}}
{{- end}}
        if tx == 0u { delta[at / p.blocks * p.T + row + {{$r}}u] = deltas.{{axis $r}}; }
    }
{{- end}}
}
