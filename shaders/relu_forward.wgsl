// y = x where x is above 0, and 0 elsewhere; an invocation makes a cell.
//
//   x, y  (N)
//
// torch.nn.ReLU. NaN stays: max may turn it into 0.
//import group
//import cells

@group(0) @binding(0) var<storage, read> x: array<Cell>;
@group(0) @binding(1) var<storage, read_write> y: array<Cell>;
@group(0) @binding(2) var<uniform> p: vec4u; // cells

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.x { return; }
    y[at] = select(x[at], Cell(), x[at] <= Cell());
}
