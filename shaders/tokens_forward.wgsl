// x[b, 0] = class + positions[0], x[b, t] = patches[b, t - 1] + positions[t]; an invocation makes 4 columns.
//
//   patches    (P, D)   from row p.w on: (B, T - 1, D); D a multiple of 4
//   class      (D)
//   positions  (T, D)
//   x          (R, D)   from row p.z on: (B, T, D)
//import group

@group(0) @binding(0) var<storage, read> patches: array<vec4f>;
@group(0) @binding(1) var<storage, read> class_token: array<vec4f>;
@group(0) @binding(2) var<storage, read> positions: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(4) var<uniform> p: vec4u; // B, T, first row of x, of patches

const Q = D / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.x * p.y * Q { return; }
    let col = at % Q;
    let t = at / Q % p.y;
    var v = positions[t * Q + col];
    if t == 0u {
        v += class_token[col];
    } else {
        v += patches[(p.w + at / Q / p.y * (p.y - 1u) + t - 1u) * Q + col];
    }
    x[p.z * Q + at] = v;
}
