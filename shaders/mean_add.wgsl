// sums[p.y] += the mean of x. One workgroup.
//
//   x     (N)
//   sums  (4)
//import rows

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@group(0) @binding(2) var<uniform> p: vec4u; // N, place

@compute @workgroup_size({{.LANES}})
fn main(@builtin(local_invocation_index) i: u32) {
    var v = 0.0;
    for (var at = i; at < p.x; at += LANES) { v += x[at]; }
    v = row_sum(v, i);
    if i == 0u { sums[p.y] += v / f32(p.x); }
}
