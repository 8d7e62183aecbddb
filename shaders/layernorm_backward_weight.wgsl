// dweight[s] = sum over the rows of tile s of dy * (x - mean) * rstd, dbias[s] = sum of dy; an invocation makes 4
// neighboring columns of a tile.
//
//   dy, x           (N, C)      C a multiple of 4
//   stats           (N, 2)      mean and rstd, from layernorm_forward
//   partials        (S, 2, C)   dweight and dbias of S tiles of p.each rows; partials_reduce adds them up
//   dweight, dbias  (C)         with Accumulate, which is for a single tile: the gradients themselves, added to
//
// The chain rule of layernorm_forward.
//import group

struct Shape { N: u32, each: u32, S: u32, pad: u32 }
{{bind}} var<storage, read> dy: array<vec4f>;
{{bind}} var<storage, read> x: array<vec4f>;
{{bind}} var<storage, read> stats: array<vec2f>;
{{- if .Accumulate}}
{{bind}} var<storage, read_write> dweight: array<vec4f>;
{{bind}} var<storage, read_write> dbias: array<vec4f>;
{{- else}}
{{bind}} var<storage, read_write> partials: array<vec4f>;
{{- end}}
{{bind}} var<uniform> p: Shape;

const Q = C / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.S * Q { return; }
    let tile = at / Q;
    let column = at % Q;
    var w = vec4f();
    var b = vec4f();
    for (var row = tile * p.each; row < min((tile + 1u) * p.each, p.N); row++) {
        let g = dy[row * Q + column];
        let stat = stats[row];
        w = fma(g, (x[row * Q + column] - stat.x) * stat.y, w);
        b += g;
    }
{{- if .Accumulate}}
    dweight[column] += w;
    dbias[column] += b;
{{- else}}
    partials[tile * 2u * Q + column] = w;
    partials[(tile * 2u + 1u) * Q + column] = b;
{{- end}}
}
