// One step of SGD with momentum over a slice of the arenas, or of LARS; an invocation does PER vec4s of a block of
// 256 values.
//
//   d  = coefficient gradient + wd w      the decay in tensors that have one, coefficient of the tensor's own norm
//   d  = ratio d                          LARS, in the same tensors
//   m  = 0.9 m + d
//   w  = w - lr m
//
//   weights, gradients, first  (N)        N = 256 blocks; first is the momentum m
//   blocks                     (N / 256)  tensor number, with DECAY, LAST_LAYER, BACKBONE, TRAINABLE
//   norms                      (T, 2)     from gradient_norm: norm and coefficient
//   nonfinite                  (1)        not zero: nothing is changed
//   ratios                     (T)        with Lars: from lars_ratio
//
// As torch.optim.SGD (momentum 0.9, no Nesterov, coupled decay) and the reference DINO's LARS (You et al.,
// arXiv 1708.03888). A frozen last layer or backbone and tensors that are not trainable are left alone wholly.
//import group
//import scalars

@group(0) @binding(0) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> first: array<vec4f>;
@group(0) @binding(3) var<storage, read> blocks: array<u32>;
@group(0) @binding(4) var<storage, read> norms: array<vec2f>;
@group(0) @binding(5) var<storage, read> scalars: Scalars;
@group(0) @binding(6) var<storage, read> nonfinite: array<u32>;
{{- if .Lars}}
@group(0) @binding(7) var<storage, read> ratios: array<f32>;
@group(0) @binding(8) var<uniform> p: vec4u; // blocks
{{- else}}
@group(0) @binding(7) var<uniform> p: vec4u; // blocks
{{- end}}

const STEP = 64u / PER; // invocations per block
const MOMENTUM = 0.9;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let block = group_number(group) * PER + i / STEP;
    if block >= p.x || nonfinite[0] != 0u { return; }
    let tensor = blocks[block];
    let last = (tensor & LAST_LAYER) != 0u;
    let backbone = (tensor & BACKBONE) != 0u;
    if (tensor & TRAINABLE) == 0u || (last && scalars.last_layer == 0.0) || (backbone && scalars.backbone == 0.0) { return; }
    let decays = (tensor & DECAY) != 0u;
    let decay = select(0.0, scalars.weight_decay, decays);
    let coefficient = norms[tensor & 0xffffffu].y;
{{- if .Lars}}
    let ratio = select(1.0, ratios[tensor & 0xffffffu], decays);
{{- end}}
    for (var at = block * 64u + i % STEP; at < block * 64u + 64u; at += STEP) {
        let w = weights[at];
        let d = {{if .Lars}}ratio * {{end}}fma(vec4f(decay), w, coefficient * gradients[at]);
        let m = fma(vec4f(MOMENTUM), first[at], d);
        first[at] = m;
        weights[at] = fma(vec4f(-scalars.learning_rate), m, w);
    }
}
