// dk = scale * sum over queries of P * (dO . v - delta) * q, dv = sum over queries of P * dO,
// P = exp(scale * q . k - lse).
//
//   qkv, dqkv   (B*T, 3*D)   D = HEADS * HD, HD a multiple of 4; the keys' and values' thirds of dqkv are written
//   dO          (B*T, D)
//   lse, delta  (B, H, T)    delta from attention_backward_query
//
// Dao et al. 2022, split by output as in metal-flash-attention: no atomics. An invocation holds MINE keys of a
// head, their values and both gradients in registers, which spill on GPUs when HD is 64 or more, and walks the
// queries EACH at a time.
//import group
//import attention
//import attention_texel

struct Shape { lanes: u32, T: u32, blocks: u32, first: u32, qkv_shift: u32, out_shift: u32 }
// lanes = B * H * blocks, blocks = T / MINE, rounded up; shifts are those of gpu.Fold
{{bind}} var qkv: texture_2d<f32>;
{{bind}} var dO: texture_2d<f32>;
{{bind}} var<storage, read> lse: array<f32>;
{{bind}} var<storage, read> delta: array<f32>;
{{bind}} var<storage, read_write> dqkv: array<vec4f>;
{{bind}} var<uniform> p: Shape;
{{if not .Flat}}{{bind}} var nearest: sampler;{{end}}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 8u + i;
    if at >= p.lanes { return; }
    measure();
    let first = at % p.blocks * MINE;
    let head = at / p.blocks % HEADS;
    let image = at / p.blocks / HEADS;
    let start = p.first + image * p.T; // the image's first row
    let column = head * QUADS;
    let start_t = at / p.blocks * p.T;
    let scale = inverseSqrt(f32(HD));
{{- range $n := upto .MINE}}
    let row{{$n}} = start + min(first + {{$n}}u, p.T - 1u);
    let k{{$n}} = qkv_at(row{{$n}}, KEY + column);
{{- range $d := upto $.QUADS}}
    let k{{$n}}_{{$d}} = load(k{{$n}}, {{$d}}u) * scale;
    let v{{$n}}_{{$d}} = load(k{{$n}}, KEY + {{$d}}u);
    var dk{{$n}}_{{$d}} = vec4f();
    var dv{{$n}}_{{$d}} = vec4f();
{{- end}}
{{- end}}
    for (var t = 0u; t < p.T; t += EACH) {
        var x = vec4f();
{{- range $j := upto .EACH}}
        let t{{$j}} = min(t + {{$j}}u, p.T - 1u);
        let q{{$j}} = qkv_at(start + t{{$j}}, column);
        let o{{$j}} = gradient_at(start + t{{$j}}, column);
        let lse{{$j}} = lse[start_t + t{{$j}}];
        let delta{{$j}} = delta[start_t + t{{$j}}];
{{- range $n := upto $.MINE}}
        var e{{$n}}_{{$j}} = -lse{{$j}};
        var ds{{$n}}_{{$j}} = -delta{{$j}};
{{- end}}
{{- range $d := upto $.QUADS}}
        x = load(q{{$j}}, {{$d}}u);
{{- range $n := upto $.MINE}}
        e{{$n}}_{{$j}} += dot(k{{$n}}_{{$d}}, x);
{{- end}}
        x = gradient(o{{$j}}, {{$d}}u);
{{- range $n := upto $.MINE}}
        ds{{$n}}_{{$j}} += dot(v{{$n}}_{{$d}}, x);
{{- end}}
{{- end}}
{{- range $n := upto $.MINE}}
        e{{$n}}_{{$j}} = {{if $j}}select(0.0, exp(e{{$n}}_{{$j}}), t + {{$j}}u < p.T){{else}}exp(e{{$n}}_{{$j}}){{end}};
        ds{{$n}}_{{$j}} *= e{{$n}}_{{$j}};
{{- end}}
{{- end}}
{{- range $d := upto .QUADS}}{{range $j := upto $.EACH}}
        x = load(q{{$j}}, {{$d}}u);
{{- range $n := upto $.MINE}}
        dk{{$n}}_{{$d}} += ds{{$n}}_{{$j}} * x;
{{- end}}
        x = gradient(o{{$j}}, {{$d}}u);
{{- range $n := upto $.MINE}}
        dv{{$n}}_{{$d}} += e{{$n}}_{{$j}} * x;
{{- end}}
{{- end}}{{end}}
    }
{{- range $n := upto .MINE}}
    if first + {{$n}}u < p.T {
        let to = row{{$n}} * TOKEN + KEY + column;
{{- range $d := upto $.QUADS}}
        dqkv[to + {{$d}}u] = dk{{$n}}_{{$d}} * scale;
        dqkv[to + KEY + {{$d}}u] = dv{{$n}}_{{$d}};
{{- end}}
    }
{{- end}}
}
