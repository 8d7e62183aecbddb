// o = softmax(q k^T / sqrt(HD)) v for each image and head; lse = log sum exp of a query's scores, for backward.
//
//   qkv  (B*T, 3*D)   D = HEADS * HD, HD a multiple of 4
//   o    (B*T, D)
//   lse  (B, H, T)
//
// Online softmax (Milakov & Gimelshein 2018; Dao et al. 2022): no T x T matrix. An invocation holds MINE queries
// of a head with their sums in registers and walks the keys EACH at a time.
//import group
//import attention
//import attention_texel

struct Shape { lanes: u32, T: u32, blocks: u32, first: u32, qkv_shift: u32, out_shift: u32 }
// lanes = B * H * blocks, blocks = T / MINE, rounded up; shifts are those of gpu.Fold
{{bind}} var qkv: texture_2d<f32>;
{{bind}} var<storage, read_write> o: array<vec4f>;
{{bind}} var<storage, read_write> lse: array<f32>;
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
    var m{{$n}} = LOWEST;
    var l{{$n}} = 0.0;
    let q{{$n}} = qkv_at(start + t{{$n}}, column);
{{- range $d := upto $.QUADS}}
    let q{{$n}}_{{$d}} = load(q{{$n}}, {{$d}}u) * scale;
    var o{{$n}}_{{$d}} = vec4f();
{{- end}}
{{- end}}
    for (var t = 0u; t < p.T; t += EACH) {
{{- range $j := upto .EACH}}
        let k{{$j}} = qkv_at(start + min(t + {{$j}}u, p.T - 1u), KEY + column);
{{- range $n := upto $.MINE}}
        var s{{$n}}_{{$j}} = 0.0;
{{- end}}
{{- end}}
        var x = vec4f();
{{- range $d := upto .QUADS}}{{range $j := upto $.EACH}}
        x = load(k{{$j}}, {{$d}}u);
{{- range $n := upto $.MINE}}
        s{{$n}}_{{$j}} += dot(q{{$n}}_{{$d}}, x);
{{- end}}
{{- end}}{{end}}
{{- range $n := upto .MINE}}
        var top{{$n}} = max(m{{$n}}, s{{$n}}_0);
{{- range $j := upto $.EACH}}{{if $j}}
        s{{$n}}_{{$j}} = select(LOWEST, s{{$n}}_{{$j}}, t + {{$j}}u < p.T);
        top{{$n}} = max(top{{$n}}, s{{$n}}_{{$j}});
{{- end}}{{end}}
        let c{{$n}} = exp(m{{$n}} - top{{$n}});
        m{{$n}} = top{{$n}};
        l{{$n}} *= c{{$n}};
{{- range $j := upto $.EACH}}
        let e{{$n}}_{{$j}} = exp(s{{$n}}_{{$j}} - top{{$n}});
        l{{$n}} += e{{$n}}_{{$j}};
{{- end}}
{{- end}}
{{- range $d := upto .QUADS}}{{range $j := upto $.EACH}}
        x = load(k{{$j}}, KEY + {{$d}}u);
{{- range $n := upto $.MINE}}
        o{{$n}}_{{$d}} = {{if $j}}o{{$n}}_{{$d}}{{else}}o{{$n}}_{{$d}} * c{{$n}}{{end}} + e{{$n}}_{{$j}} * x;
{{- end}}
{{- end}}{{end}}
    }
{{- range $n := upto .MINE}}
    if first + {{$n}}u < p.T {
        let to = (start + t{{$n}}) * KEY + column;
{{- range $d := upto $.QUADS}}
        o[to + {{$d}}u] = o{{$n}}_{{$d}} / l{{$n}};
{{- end}}
        lse[at / p.blocks * p.T + t{{$n}}] = m{{$n}} + log(l{{$n}});
    }
{{- end}}
}
