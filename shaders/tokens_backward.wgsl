// dpatches[b, t - 1] = dx[b, t]; an invocation copies 4 columns.
//
//   dx        (R, D)   from row p.z on: (B, T, D); D a multiple of 4
//   dpatches  (P, D)   from row p.w on: (B, T - 1, D)
//import group

@group(0) @binding(0) var<storage, read> dx: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dpatches: array<vec4f>;
@group(0) @binding(2) var<uniform> p: vec4u; // B, T, first row of dx, of dpatches

const Q = D / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    let patches = p.y - 1u;
    if at >= p.x * patches * Q { return; }
    let row = at / Q;
    dpatches[p.w * Q + at] = dx[(p.z + row / patches * p.y + row % patches + 1u) * Q + at % Q];
}
