// dx = dout_x and dy = dout_y in the rows of the class tokens, 0 in all others; an invocation writes 4 columns of both.
//
//   dout_x, dout_y  (B + B2, D)   D a multiple of 4
//   dx, dy          (R, D)        B images of T tokens each, then B2 of T2
//import group

@group(0) @binding(0) var<storage, read> dout_x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dout_y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dy: array<vec4f>;
@group(0) @binding(4) var<uniform> p: vec4u; // B, T, B2, T2

const Q = D / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    let ahead = p.x * p.y;
    if at >= (ahead + p.z * p.w) * Q { return; }
    let row = at / Q;
    var b = row / p.y;
    var first = row % p.y == 0u;
    if row >= ahead {
        b = p.x + (row - ahead) / p.w;
        first = (row - ahead) % p.w == 0u;
    }
    var v = vec4f();
    var w = vec4f();
    if first {
        v = dout_x[b * Q + at % Q];
        w = dout_y[b * Q + at % Q];
    }
    dx[at] = v;
    dy[at] = w;
}
