// w = g v / |v|, row by row; LANES invocations per row.
//
//   v, w  (N, C)
//   g     (N)
//   size  (N)      |v|, kept for the backward kernel
//
// As torch.nn.utils.weight_norm of DINOHead's last layer.
//import group
//import rows
//import cells

@group(0) @binding(0) var<storage, read> v: array<Cell>;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> w: array<Cell>;
@group(0) @binding(3) var<storage, read_write> size: array<f32>;
@group(0) @binding(4) var<uniform> p: vec4u; // N

const Q = C / WIDE;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.x;
    let lane = i % LANES;
    let at = select(0u, row, live); // a row past the end works on row 0 and stores nothing
    let base = at * Q;
    var s = Cell();
    for (var c = lane; c < Q; c += LANES) { s = fma(v[base + c], v[base + c], s); }
    let length = sqrt(row_sum(cell_sum(s), i));
    if live {
        let scale = g[at] / length;
        for (var c = lane; c < Q; c += LANES) { w[base + c] = v[base + c] * scale; }
        if lane == 0u { size[row] = length; }
    }
}
