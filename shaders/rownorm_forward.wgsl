// y = x / max(|x|, 1e-12), row by row; LANES invocations per row.
//
//   x, y  (N, C)
//   size  (N)      max(|x|, 1e-12), kept for the backward kernel
//
// As torch.nn.functional.normalize (reference DINOHead).
//import group
//import rows
//import cells

@group(0) @binding(0) var<storage, read> x: array<Cell>;
@group(0) @binding(1) var<storage, read_write> y: array<Cell>;
@group(0) @binding(2) var<storage, read_write> size: array<f32>;
@group(0) @binding(3) var<uniform> p: vec4u; // N

const Q = C / WIDE;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.x;
    let lane = i % LANES;
    let base = select(0u, row * Q, live); // a row past the end works on row 0 and stores nothing
    var s = Cell();
    for (var c = lane; c < Q; c += LANES) { s = fma(x[base + c], x[base + c], s); }
    let length = max(sqrt(row_sum(cell_sum(s), i)), 1e-12);
    if live {
        for (var c = lane; c < Q; c += LANES) { y[base + c] = x[base + c] / length; }
        if lane == 0u { size[row] = length; }
    }
}
