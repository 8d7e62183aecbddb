// dx = dy where y is above 0, and 0 elsewhere; an invocation makes a cell.
//
//   dy, y, dx  (N)
//
// The chain rule of relu_forward; y may be its input or its output.
//import group
//import cells

@group(0) @binding(0) var<storage, read> dy: array<Cell>;
@group(0) @binding(1) var<storage, read> y: array<Cell>;
@group(0) @binding(2) var<storage, read_write> dx: array<Cell>;
@group(0) @binding(3) var<uniform> p: vec4u; // cells

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.x { return; }
    dx[at] = select(dy[at], Cell(), y[at] <= Cell());
}
