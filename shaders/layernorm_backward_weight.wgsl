// dweight[s] = [dweight +] sum over the rows of tile s of dy * (x - mean) * rstd, dbias[s] = [dbias +] sum of dy;
// an invocation makes 4 neighbouring columns of a tile.
//
//   dy, x           (N, C)   C a multiple of 4
//   stats           (N, 2)   mean and rstd, from layernorm_forward
//   dweight, dbias  (S, C)   S tiles of p.each rows; partials_reduce adds them up
//
// The chain rule of layernorm_forward. A single tile adds to the gradients at once.
//import group

struct Shape { N: u32, each: u32, S: u32, pad: u32 }
@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> dweight: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dbias: array<vec4f>;
@group(0) @binding(5) var<uniform> p: Shape;

const Q = C / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.S * Q { return; }
    let first = at / Q * p.each;
    var w = vec4f();
    var b = vec4f();
    for (var row = first; row < min(first + p.each, p.N); row++) {
        let g = dy[row * Q + at % Q];
        let stat = stats[row];
        w = fma(g, (x[row * Q + at % Q] - stat.x) * stat.y, w);
        b += g;
    }
    dweight[at] {{if .Accumulate}}+{{end}}= w;
    dbias[at] {{if .Accumulate}}+{{end}}= b;
}
