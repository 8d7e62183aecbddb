// dpositions[t] = [dpositions[t] +] sum over b of dx[b, t], dclass += sum over b of dx[b, 0]; an invocation
// makes 4 columns of a token.
//
//   dx          (R, D)   from row p.z on: (B, T, D); D a multiple of 4
//   dpositions  (T, D)
//   dclass      (D)
//import group

@group(0) @binding(0) var<storage, read> dx: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dpositions: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dclass: array<vec4f>;
@group(0) @binding(3) var<uniform> p: vec4u; // B, T, first row of dx

const Q = D / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.y * Q { return; }
    var v = vec4f();
    for (var b = 0u; b < p.x; b++) { v += dx[(p.z + b * p.y) * Q + at]; }
    if at < Q { dclass[at] += v; }
    {{if .Accumulate}}dpositions[at] += v;{{else}}dpositions[at] = v;{{end}}
}
