// dx = (dy - y * (y . dy)) / norm, over the last axis; LANES invocations a row.
//
//   dy, y, dx  (N, C)   C a multiple of 4; y and norm from rownorm_forward
//   norm       (N)
//
// The chain rule of rownorm_forward. Where the norm was held at 1e-12, y . dy is as good as nothing.
//import group
//import rows

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> y: array<vec4f>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(4) var<uniform> p: vec4u; // N

const Q = C / 4u;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.x;
    let lane = i % LANES;
    let base = select(0u, row * Q, live); // a row past the end works on row 0 and stores nothing
    var s = vec4f();
    for (var c = lane; c < Q; c += LANES) { s = fma(dy[base + c], y[base + c], s); }
    let along = row_sum(s.x + s.y + s.z + s.w, i);
    if live {
        let n = norm[row];
        for (var c = lane; c < Q; c += LANES) { dx[base + c] = (dy[base + c] - y[base + c] * along) / n; }
    }
}
