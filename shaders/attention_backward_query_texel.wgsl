// dq = scale * sum over keys of P * (dO . v - delta) * k, P = exp(scale * q . k - lse), delta = dO . o.
//
//   qkv, dqkv   (B*T, 3*D)   D = HEADS * HD, HD a multiple of 4; only the queries' third of dqkv is written
//   o, dO       (B*T, D)
//   lse, delta  (B, H, T)    delta is kept for attention_backward_keyvalue
//
// Dao et al. 2022, split by output as in metal-flash-attention: no atomics. An invocation holds MINE queries
// of a head in registers and walks the keys EACH at a time.
//import group
//import attention
//import attention_texel

struct Shape { lanes: u32, T: u32, blocks: u32, first: u32, qkv_shift: u32, out_shift: u32 }
// lanes = B * H * blocks, blocks = T / MINE, rounded up; shifts are those of gpu.Fold
{{bind}} var qkv: texture_2d<f32>;
{{bind}} var<storage, read> o: array<vec4f>;
{{bind}} var<storage, read> dO: array<vec4f>;
{{bind}} var<storage, read> lse: array<f32>;
{{bind}} var<storage, read_write> delta: array<f32>;
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
    let scale = inverseSqrt(f32(HD));
{{- range $n := upto .MINE}}
    let t{{$n}} = min(first + {{$n}}u, p.T - 1u);
    let to{{$n}} = (start + t{{$n}}) * KEY + column;
    let q{{$n}} = qkv_at(start + t{{$n}}, column);
    let lse{{$n}} = lse[at / p.blocks * p.T + t{{$n}}];
    var delta{{$n}} = 0.0;
{{- range $d := upto $.QUADS}}
    let q{{$n}}_{{$d}} = load(q{{$n}}, {{$d}}u) * scale;
    let g{{$n}}_{{$d}} = dO[to{{$n}} + {{$d}}u];
    delta{{$n}} += dot(g{{$n}}_{{$d}}, o[to{{$n}} + {{$d}}u]);
    var dq{{$n}}_{{$d}} = vec4f();
{{- end}}
{{- end}}
    for (var t = 0u; t < p.T; t += EACH) {
        var x = vec4f();
{{- range $j := upto .EACH}}
        let k{{$j}} = qkv_at(start + min(t + {{$j}}u, p.T - 1u), KEY + column);
{{- range $n := upto $.MINE}}
        var s{{$n}}_{{$j}} = -lse{{$n}};
        var ds{{$n}}_{{$j}} = -delta{{$n}};
{{- end}}
{{- range $d := upto $.QUADS}}
        x = load(k{{$j}}, {{$d}}u);
{{- range $n := upto $.MINE}}
        s{{$n}}_{{$j}} += dot(q{{$n}}_{{$d}}, x);
{{- end}}
        x = load(k{{$j}}, KEY + {{$d}}u);
{{- range $n := upto $.MINE}}
        ds{{$n}}_{{$j}} += dot(g{{$n}}_{{$d}}, x);
{{- end}}
{{- end}}
{{- range $n := upto $.MINE}}
        ds{{$n}}_{{$j}} *= {{if $j}}select(0.0, exp(s{{$n}}_{{$j}}), t + {{$j}}u < p.T){{else}}exp(s{{$n}}_{{$j}}){{end}};
{{- end}}
{{- end}}
{{- range $d := upto .QUADS}}{{range $j := upto $.EACH}}
        x = load(k{{$j}}, {{$d}}u);
{{- range $n := upto $.MINE}}
        dq{{$n}}_{{$d}} += ds{{$n}}_{{$j}} * x;
{{- end}}
{{- end}}{{end}}
    }
{{- range $n := upto .MINE}}
    if first + {{$n}}u < p.T {
        delta[at / p.blocks * p.T + t{{$n}}] = delta{{$n}};
{{- range $d := upto $.QUADS}}
        dqkv[(start + t{{$n}}) * TOKEN + column + {{$d}}u] = dq{{$n}}_{{$d}} * scale;
{{- end}}
    }
{{- end}}
}
