// partials[block] = the sums of squares, over a block of 256 values, of w and of d = coefficient gradient + wd w.
// LANES invocations per block.
//
//   weights, gradients  (N)           N = 256 blocks
//   blocks              (N / 256)     tensor number, with DECAY
//   norms               (T, 2)        from gradient_norm: norm and coefficient
//   partials            (N / 256, 2)
//
// The first half of LARS's trust ratio (You et al., arXiv 1708.03888).
//import group
//import rows
//import scalars

@group(0) @binding(0) var<storage, read> weights: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read> blocks: array<u32>;
@group(0) @binding(3) var<storage, read> norms: array<vec2f>;
@group(0) @binding(4) var<storage, read> scalars: Scalars;
@group(0) @binding(5) var<storage, read_write> partials: array<vec2f>;
@group(0) @binding(6) var<uniform> p: vec4u; // blocks

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let block = group_number(group) * ROWS + i / LANES;
    let live = block < p.x;
    let lane = i % LANES;
    let tensor = blocks[select(0u, block, live)];
    let decay = select(0.0, scalars.weight_decay, (tensor & DECAY) != 0u);
    let coefficient = norms[tensor & 0xffffffu].y;
    var of_w = vec4f();
    var of_d = vec4f();
    for (var j = select(64u, lane, live); j < 64u; j += LANES) {
        let w = weights[block * 64u + j];
        let d = fma(vec4f(decay), w, coefficient * gradients[block * 64u + j]);
        of_w = fma(w, w, of_w);
        of_d = fma(d, d, of_d);
    }
    let sum_w = row_sum(of_w.x + of_w.y + of_w.z + of_w.w, i);
    let sum_d = row_sum(of_d.x + of_d.y + of_d.z + of_d.w, i);
    if live && lane == 0u { partials[block] = vec2f(sum_w, sum_d); }
}
