// count = (count + p.x) modulo p.y, unless the step is not finite.
//
//   count  (1)   whole, below 2^24
//   nonfinite  (1)   not zero: nothing is changed

@group(0) @binding(0) var<storage, read_write> count: array<f32>;
@group(0) @binding(1) var<storage, read> nonfinite: array<u32>;
@group(0) @binding(2) var<uniform> p: vec4u;

@compute @workgroup_size(1)
fn main() {
    if nonfinite[0] == 0u { count[0] = f32((u32(count[0]) + p.x) % p.y); }
}
