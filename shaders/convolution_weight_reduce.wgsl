// dweight += the sum over s of partials[s], turned back to the order of the weights; an invocation makes one.
//
//   partials  (S, K * K * P, Q)   from convolution_weight_*: row (tap, i), column o; P and Q rounded up to multiples of 4
//   dweight   (O, I, K, K)
//
// Always in the same order.
//import group

struct Shape { O: u32, I: u32, S: u32 }
@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(2) var<uniform> p: Shape;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
    let at = group_number(group) * 64u + index;
    let area = K * K;
    if at >= p.O * p.I * area { return; }
    // neighbors read neighboring columns
    let o = at % p.O;
    let i = at / p.O % p.I;
    let tap = at / p.O / p.I;
    let P = (p.I + 3u) / 4u * 4u;
    let Q = (p.O + 3u) / 4u * 4u;
    let first = (tap * P + i) * Q + o;
    var sum = 0.0;
    for (var s = 0u; s < p.S; s++) { sum += partials[s * area * P * Q + first]; }
    dweight[(o * p.I + i) * area + tap] += sum;
}
