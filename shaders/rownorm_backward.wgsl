// dx = (dy - y (y . dy)) / |x|, and dy / 1e-12 where |x| is below 1e-12, row by row; LANES invocations per row.
//
//   dy, y, dx  (N, C)
//   size       (N)      max(|x|, 1e-12), from rownorm_forward
//
// As the gradient of torch.nn.functional.normalize, whose clamp passes none to the length below it.
//import group
//import rows
//import cells

@group(0) @binding(0) var<storage, read> dy: array<Cell>;
@group(0) @binding(1) var<storage, read> y: array<Cell>;
@group(0) @binding(2) var<storage, read> size: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<Cell>;
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
    for (var c = lane; c < Q; c += LANES) { s = fma(y[base + c], dy[base + c], s); }
    let along = select(0.0, row_sum(cell_sum(s), i), size[at] > 1e-12);
    if live {
        let scale = 1.0 / size[at];
        for (var c = lane; c < Q; c += LANES) { dx[base + c] = (dy[base + c] - y[base + c] * along) * scale; }
    }
}
