// partials[block] = the sum of squares of a block of 256 gradients; LANES invocations per block.
//
//   gradients  (N)        float bits, N = 256 blocks
//   partials   (N / 256)  float bits; those of +inf where a gradient is not finite
//
// The first half of clipping each tensor's gradient by its norm (reference DINO's clip_gradients), which also
// finds NaN and infinity. The bits that it tests are u32 from memory: a compiler that takes every float for finite, as
// Metal's does, leaves a test out that is made of what was a float before.
//import group
//import rows

@group(0) @binding(0) var<storage, read> gradients: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> partials: array<u32>;
@group(0) @binding(2) var<uniform> p: vec4u; // blocks

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let block = group_number(group) * ROWS + i / LANES;
    let live = block < p.x;
    let lane = i % LANES;
    var sum = vec4f();
    var most = vec4u(); // of the exponents
    for (var j = select(64u, lane, live); j < 64u; j += LANES) {
        let bits = gradients[block * 64u + j];
        most = max(most, bits & vec4u(0x7f800000u));
        let g = bitcast<vec4f>(bits);
        sum = fma(g, g, sum);
    }
    let bad = select(0.0, 1.0, max(max(most.x, most.y), max(most.z, most.w)) == 0x7f800000u);
    let total = row_sum(sum.x + sum.y + sum.z + sum.w, i);
    let bads = row_sum(bad, i);
    if live && lane == 0u {
        partials[block] = select(bitcast<u32>(total), 0x7f800000u, bads > 0.0);
    }
}
