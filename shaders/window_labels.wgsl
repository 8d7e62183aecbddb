// out = the mean of the kept context patches' labels, each weighted by exp(similarity / temperature); LANES invocations per
// patch of the block and class.
//
//   similarities  (F, stride), kept (T, M), counts (T), best (T)   as window_topk has them
//   labels        (F, H * W, C)   may hold more frames
//   place         (4)             row and column where the block begins, row and column where the window does
//   out           (H * W, C)      the block's patches
//
// Label propagation of the reference's eval_video_segmentation. The best similarity is taken off first, which changes
// nothing but that exp cannot overflow.
//import group
//import rows
//import window

@group(0) @binding(0) var<storage, read> similarities: array<f32>;
@group(0) @binding(1) var<storage, read> kept: array<u32>;
@group(0) @binding(2) var<storage, read> counts: array<u32>;
@group(0) @binding(3) var<storage, read> best: array<f32>;
@group(0) @binding(4) var<storage, read> labels: array<f32>;
@group(0) @binding(5) var<storage, read> place: array<u32>;
@group(0) @binding(6) var<storage, read_write> out: array<f32>;
@group(0) @binding(7) var<uniform> p: Shape;

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let row = group_number(group) * ROWS + i / LANES;
    let live = row < p.T * p.C;
    let t = select(0u, row / p.C, live);
    let class_number = row % p.C;
    let n = select(0u, min(counts[t], p.M), live);
    let window = p.window_h * p.window_w;
    let most = best[t];
    var sum = 0.0;
    var weights = 0.0;
    for (var j = i % LANES; j < n; j += LANES) {
        let at = kept[t * p.M + j];
        let weight = exp((similarities[at] - most) * p.sharpness);
        let cell = at % p.stride % window;
        let patch_number = (place[2] + cell / p.window_w) * p.W + place[3] + cell % p.window_w;
        sum += weight * labels[(at / p.stride * p.H * p.W + patch_number) * p.C + class_number];
        weights += weight;
    }
    sum = row_sum(sum, i);
    weights = row_sum(weights, i);
    if live && i % LANES == 0u {
        let patch_number = (place[0] + t / p.block_w) * p.W + place[1] + t % p.block_w;
        out[patch_number * p.C + class_number] = sum / weights;
    }
}
