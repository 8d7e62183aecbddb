// Mean and deviation of each channel over the batch, from those of its tiles; the running ones move towards them. LANES
// invocations per channel.
//
//   partials      (S, 3, C)  float bits, from batchnorm_partial: S tiles of p.each of R rows
//   stats         (3, C)     an origin and the mean less that, and 1 / sqrt(variance + 1e-5) of the biased variance
//   running_mean  (C)        0.9 of it + 0.1 of the mean
//   running_var   (C)        0.9 of it + 0.1 of the unbiased variance
//   count         (1)        + 1
//
// As torch.nn.BatchNorm2d in training. A channel whose statistics are not finite leaves its running ones as they are: they
// have no other guard. The bits that are tested are u32 from memory, as in gradient_norm.
//import group
//import rows

struct Shape { R: u32, C: u32, each: u32, S: u32 }
@group(0) @binding(0) var<storage, read> partials: array<u32>;
@group(0) @binding(1) var<storage, read_write> stats: array<f32>;
@group(0) @binding(2) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> running_var: array<f32>;
@group(0) @binding(4) var<storage, read_write> count: array<f32>;
@group(0) @binding(5) var<uniform> p: Shape;

// offset_of is the mean of tile s less the first tile's origin.
fn offset_of(s: u32, channel: u32) -> f32 {
    return bitcast<f32>(partials[3u * s * p.C + channel]) - bitcast<f32>(partials[channel]) + bitcast<f32>(partials[(3u * s + 1u) * p.C + channel]);
}

// rows_of is the number of rows of tile s.
fn rows_of(s: u32) -> f32 { return f32(min(p.each, p.R - s * p.each)); }

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let channel = group_number(group) * ROWS + i / LANES;
    let live = channel < p.C;
    let lane = i % LANES;
    let base = select(0u, channel, live); // a channel past the end works on channel 0 and stores nothing
    let origin = bitcast<f32>(partials[base]);
    var sum = 0.0;
    var bad = 0.0;
    for (var s = lane; s < p.S; s += LANES) {
        // where x is not finite, neither is this
        let squares = partials[(3u * s + 2u) * p.C + base];
        bad += select(0.0, 1.0, (squares & 0x7f800000u) == 0x7f800000u);
        sum += offset_of(s, base) * rows_of(s);
    }
    let mean = row_sum(sum, i) / f32(p.R); // less the first tile's origin
    var squares = 0.0;
    for (var s = lane; s < p.S; s += LANES) {
        let off = offset_of(s, base) - mean;
        squares += bitcast<f32>(partials[(3u * s + 2u) * p.C + base]) + off * off * rows_of(s);
    }
    let total = row_sum(squares, i);
    // the tiles are at most 3.4e38, but their sum may pass it
    let fine = row_sum(bad, i) == 0.0 && total < 3.4e38 && abs(origin + mean) < 3.4e38;
    if live && lane == 0u {
        stats[channel] = origin;
        stats[p.C + channel] = mean;
        stats[2u * p.C + channel] = inverseSqrt(total / f32(p.R) + 1e-5);
        if fine {
            running_mean[channel] = 0.9 * running_mean[channel] + 0.1 * (origin + mean);
            running_var[channel] = 0.9 * running_var[channel] + 0.1 * (total / f32(p.R - 1u));
        }
        if channel == 0u { count[0] += 1.0; }
    }
}
