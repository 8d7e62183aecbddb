// y = gelu(x), the exact form; an invocation makes 4 elements.
//
//   x, y  (N)   N a multiple of 4
//
// Makes the MLP's hidden layer again for the backward pass, from the GELU's input: keeping both would take half of a
// block's memory.
//import group
//import gelu

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> p: vec4u; // N / 4

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at < p.x { y[at] = gelu(x[at]); }
}
