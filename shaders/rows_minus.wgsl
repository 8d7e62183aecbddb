// y = x - row, for each row of x.
//
//   x, y  (R, K)
//   row   (K)
//import group
//import cells

@group(0) @binding(0) var<storage, read> x: array<Cell>;
@group(0) @binding(1) var<storage, read> row: array<Cell>;
@group(0) @binding(2) var<storage, read_write> y: array<Cell>;
@group(0) @binding(3) var<uniform> p: vec4u; // R

const CELLS = K / WIDE;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at < p.x * CELLS { y[at] = x[at] - row[at % CELLS]; }
}
