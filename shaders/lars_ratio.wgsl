// ratios[tensor] = eta |w| / |d|, 1 where either norm is 0, eta = 0.001; one workgroup of LANES per tensor.
//
//   partials   (blocks, 2)  sums of squares of w and d, from lars_partial
//   ranges     (T, 2)       first block of each tensor and its number of blocks
//   ratios     (T)
//   norms      (T, 2)       the norm becomes +inf where one of the two is not finite
//   nonfinite  (1)          becomes 1 then; nothing here makes it 0 again
//
// LARS's trust ratio (You et al., arXiv 1708.03888), as in the reference DINO.

@group(0) @binding(0) var<storage, read> partials: array<vec2u>;
@group(0) @binding(1) var<storage, read> ranges: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> ratios: array<f32>;
@group(0) @binding(3) var<storage, read_write> norms: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> nonfinite: array<atomic<u32>>;

const ETA = 0.001;

var<workgroup> of_w: array<f32, LANES>;
var<workgroup> of_d: array<f32, LANES>;
var<workgroup> bads: array<u32, LANES>;

@compute @workgroup_size({{.LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let range = ranges[group.x];
    var sum = vec2f();
    var bad = 0u;
    for (var b = i; b < range.y; b += LANES) {
        let bits = partials[range.x + b];
        let finite = all((bits & vec2u(0x7f800000u)) != vec2u(0x7f800000u));
        sum += bitcast<vec2f>(select(vec2u(), bits, finite));
        bad |= select(1u, 0u, finite);
    }
    of_w[i] = sum.x;
    of_d[i] = sum.y;
    bads[i] = bad;
    workgroupBarrier();
    for (var s = LANES / 2u; s > 0u; s /= 2u) {
        if i < s {
            of_w[i] += of_w[i + s];
            of_d[i] += of_d[i + s];
            bads[i] |= bads[i + s];
        }
        workgroupBarrier();
    }
    if i == 0u {
        // partials are at most 3.4e38, but their sum may pass it
        let fine = bads[0] == 0u && of_w[0] < 3.4e38 && of_d[0] < 3.4e38;
        var ratio = 1.0;
        if fine && of_w[0] > 0.0 && of_d[0] > 0.0 { ratio = ETA * sqrt(of_w[0]) / sqrt(of_d[0]); }
        ratios[group.x] = ratio;
        if !fine {
            norms[group.x].x = 0x7f800000u;
            atomicOr(&nonfinite[0], 1u);
        }
    }
}
