// w = g * v / |v| of each row; LANES invocations a row.
//
//   v, w  (K, D)   D a multiple of 4
//   g     (K)
//   norm  (K)      |v|, kept for weightnorm_backward
//
// torch.nn.utils.weight_norm with dim 0: DINOHead's last layer, K prototypes.
//import group
//import rows

@group(0) @binding(0) var<storage, read> v: array<vec4f>;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> w: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> norm: array<f32>;
@group(0) @binding(4) var<uniform> p: vec4u; // K

const Q = D / 4u;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.x;
    let lane = i % LANES;
    let base = select(0u, row * Q, live); // a row past the end works on row 0 and stores nothing
    var s = vec4f();
    for (var c = lane; c < Q; c += LANES) {
        let x = v[base + c];
        s = fma(x, x, s);
    }
    let n = sqrt(row_sum(s.x + s.y + s.z + s.w, i));
    if live {
        let scale = g[row] / n;
        for (var c = lane; c < Q; c += LANES) { w[base + c] = v[base + c] * scale; }
        if lane == 0u { norm[row] = n; }
    }
}
