// out = softmax(q k^T / sqrt(HD)) of some queries alone, the same in each image; LANES invocations per row of out.
//
//   qkv      (B*T, 3*D)     D = HEADS * HD, HD a multiple of 4
//   queries  (Q)            tokens below T; 0 is the class token
//   out      (B, Q, H, T)
//
// The attention maps of the paper's figure 1 and appendix (get_last_selfattention of the reference).
//import group
//import rows
//import attention

struct Shape { N: u32, T: u32, Q: u32, pad: u32 } // N = B * Q * H
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> queries: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> p: Shape;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.N;
    let lane = i % LANES;
    // a row past the end works on row 0 and stores nothing
    let start = select(0u, row / (p.Q * HEADS) * p.T * TOKEN + row % HEADS * QUADS, live);
    let query = start + queries[row / HEADS % p.Q] * TOKEN;
    let scale = inverseSqrt(f32(HD));
{{- range $d := upto .QUADS}}
    let q{{$d}} = qkv[query + {{$d}}u] * scale;
{{- end}}
    var m = LOWEST;
    for (var t = lane; t < p.T; t += LANES) {
        let k = start + KEY + t * TOKEN;
        var s = 0.0;
{{- range $d := upto .QUADS}}
        s += dot(q{{$d}}, qkv[k + {{$d}}u]);
{{- end}}
        m = max(m, s);
        if live { out[row * p.T + t] = s; }
    }
    m = row_max(m, i);
    var l = 0.0;
    if live {
        for (var t = lane; t < p.T; t += LANES) {
            let e = exp(out[row * p.T + t] - m);
            l += e;
            out[row * p.T + t] = e;
        }
    }
    l = row_sum(l, i);
    if live {
        for (var t = lane; t < p.T; t += LANES) { out[row * p.T + t] /= l; }
    }
}
