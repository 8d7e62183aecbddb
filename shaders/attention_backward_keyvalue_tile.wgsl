// dk = scale * sum over queries of P * (dO . v - delta) * q, dv = sum over queries of P * dO,
// P = exp(scale * q . k - lse).
//
//   qkv, dqkv   (B*T, 3*D)   D = HEADS * HD, HD a multiple of 4; the keys' and values' thirds of dqkv are written
//   dO          (B*T, D)
//   lse, delta  (B, H, T)    delta from attention_backward_query_tile
//
// Dao et al. 2022, split by output as in metal-flash-attention: no atomics. A workgroup owns 32 keys with their values
// and walks the queries. The member for GPUs.
//import group
//import attention
struct Shape { groups: u32, T: u32, blocks: u32, first: u32 } // groups = B * H * blocks, blocks = T / 32, rounded up
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> dO: array<vec4f>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;
@group(0) @binding(4) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(5) var<uniform> p: Shape;
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
    let start_t = at / p.blocks * p.T;
    let scale = inverseSqrt(f32(HD));
{{- template "roles" (dict "TX" .TX)}}
    let origin = select(select(start, start_o, second), start + select(KEY, VALUE, second), mine) + d;
    let gradient = !mine && second;
{{range $r := upto 4}}{{range $q := upto $.QL}}
    var dk{{$r}}_{{$q}} = vec4f();
    var dv{{$r}}_{{$q}} = vec4f();
{{- end}}{{end}}
    for (var t = 0u; t < p.T; t += {{mul .TX 4}}u) {
{{- template "scores" .}}
{{- range $j := upto 4}}
        {
            let at = t + {{mul $j $.TX}}u + tx;
            let live = at < p.T;
            let query = start_t + min(at, p.T - 1u);
            s{{$j}} = select(vec4f(), exp2(s{{$j}} * (scale * LOG2E) - lse[query] * LOG2E), live);
            ds{{$j}} = s{{$j}} * (ds{{$j}} - delta[query]);
        }
{{- end}}
{{- template "weighted" (dict "Ahead" true "TX" .TX "QL" .QL "Padded" .Padded "Sum" "dv" "Weight" "s" "From" "dO" "First" "start_o" "Stride" "KEY")}}
{{- template "weighted" (dict "Ahead" true "TX" .TX "QL" .QL "Padded" .Padded "Sum" "dk" "Weight" "ds" "From" "qkv" "First" "start" "Stride" "TOKEN")}}
    }
    let row = first + ty * 4u;
{{- range $r := upto 4}}
    if row + {{$r}}u < p.T {
        let to = start + KEY + (row + {{$r}}u) * TOKEN + tx;
{{- range $q := upto $.QL}}
        {{if $.Padded}}if tx + {{mul $q $.TX}}u < QUADS {{end}}{
            dqkv[to + {{mul $q $.TX}}u] = dk{{$r}}_{{$q}} * scale;
            dqkv[to + KEY + {{mul $q $.TX}}u] = dv{{$r}}_{{$q}};
        }
{{- end}}
    }
{{- end}}
}
