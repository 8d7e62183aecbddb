// norm = sqrt(sum of a tensor's partials), coefficient = min(1, clip / (norm + 1e-6)); one workgroup of LANES per tensor.
//
//   partials   (blocks)  float bits of sums of squares, from gradient_norm_partial
//   ranges     (T, 2)    first block of each tensor and its number of blocks
//   norms      (T, 2)    float bits: norm, +inf where a gradient is not finite, and coefficient; clip 0: 1
//   nonfinite  (1)       becomes 1 when any norm is not finite; nothing here makes it 0 again
//
// As clip_gradients of the reference DINO: every tensor by its own norm.
//import scalars

@group(0) @binding(0) var<storage, read> partials: array<u32>;
@group(0) @binding(1) var<storage, read> ranges: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> norms: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> nonfinite: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read> scalars: Scalars;

var<workgroup> sums: array<f32, LANES>;
var<workgroup> bads: array<u32, LANES>;

@compute @workgroup_size({{.LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let range = ranges[group.x];
    var sum = 0.0;
    var bad = 0u;
    for (var b = i; b < range.y; b += LANES) {
        let bits = partials[range.x + b];
        let finite = (bits & 0x7f800000u) != 0x7f800000u;
        sum += bitcast<f32>(select(0u, bits, finite));
        bad |= select(1u, 0u, finite);
    }
    sums[i] = sum;
    bads[i] = bad;
    workgroupBarrier();
    for (var s = LANES / 2u; s > 0u; s /= 2u) {
        if i < s {
            sums[i] += sums[i + s];
            bads[i] |= bads[i + s];
        }
        workgroupBarrier();
    }
    if i == 0u {
        let norm = sqrt(sums[0]);
        // partials are at most 3.4e38, but their sum may pass it
        let fine = bads[0] == 0u && sums[0] < 3.4e38;
        let clip = select(1.0, min(1.0, scalars.clip / (norm + 1e-6)), scalars.clip > 0.0);
        norms[group.x] = select(vec2u(0x7f800000u, bitcast<u32>(1.0)), vec2u(bitcast<u32>(norm), bitcast<u32>(clip)), fine);
        if !fine { atomicOr(&nonfinite[0], 1u); }
    }
}
