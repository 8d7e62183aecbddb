// partials[block] = the sum of squares of a block of 256 gradients; one invocation per block.
//
//   gradients  (N)        float bits, N = 256 blocks
//   partials   (N / 256)  float bits; those of +inf where a gradient is not finite
//
// The first half of clipping each tensor's gradient by its norm (reference DINO's clip_gradients), which also
// finds NaN and infinity. The bits that it tests are u32 from memory: a compiler that takes every float for finite, as
// Metal's does, leaves a test out that is made of what was a float before.
//import group

@group(0) @binding(0) var<storage, read> gradients: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> partials: array<u32>;
@group(0) @binding(2) var<uniform> p: vec4u; // blocks

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let block = group_number(group) * 64u + i;
    if block >= p.x { return; }
    var sum = vec4f();
    var most = vec4u(); // of the exponents
    for (var j = 0u; j < 64u; j++) {
        let bits = gradients[block * 64u + j];
        most = max(most, bits & vec4u(0x7f800000u));
        let g = bitcast<vec4f>(bits);
        sum = fma(g, g, sum);
    }
    let bad = max(max(most.x, most.y), max(most.z, most.w)) == 0x7f800000u;
    partials[block] = select(bitcast<u32>(sum.x + sum.y + sum.z + sum.w), 0x7f800000u, bad);
}
