// One step of AdamW over a slice of the arenas; an invocation does PER vec4s of a block of 256 values.
//
//   g    = coefficient gradient                         of the tensor's own norm
//   m    = m + (1 - beta1) (g - m)                      first moment
//   v    = v + (1 - beta2) (g^2 - v)                    second moment
//   w    = w - lr wd w - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
//
//   weights, gradients, first, second  (N)        N = 256 blocks
//   blocks                             (N / 256)  tensor number, with DECAY, LAST_LAYER, BACKBONE, TRAINABLE
//   norms                              (T, 2)     from gradient_norm: norm and coefficient
//   nonfinite                          (1)        not zero: nothing is changed
//
// As torch.optim.AdamW; the last layer and the backbone count their own steps t, and while they are frozen they are
// left alone wholly, as are tensors that are not trainable (reference DINO's cancel_gradients_last_layer).
//import group
//import scalars

@group(0) @binding(0) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> first: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> second: array<vec4f>;
@group(0) @binding(4) var<storage, read> blocks: array<u32>;
@group(0) @binding(5) var<storage, read> norms: array<vec2f>;
@group(0) @binding(6) var<storage, read> scalars: Scalars;
@group(0) @binding(7) var<storage, read> nonfinite: array<u32>;
@group(0) @binding(8) var<uniform> p: vec4u; // blocks

const STEP = 64u / PER; // invocations per block

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let block = group_number(group) * PER + i / STEP;
    if block >= p.x || nonfinite[0] != 0u { return; }
    let tensor = blocks[block];
    let last = (tensor & LAST_LAYER) != 0u;
    let backbone = (tensor & BACKBONE) != 0u;
    if (tensor & TRAINABLE) == 0u || (last && scalars.last_layer == 0.0) || (backbone && scalars.backbone == 0.0) { return; }
    let coefficient = norms[tensor & 0xffffffu].y;
    let lr = scalars.learning_rate;
    let decay = select(0.0, lr * scalars.weight_decay, (tensor & DECAY) != 0u);
    let first_rest = select(scalars.first_correction, scalars.last_first_correction, last);
    let second_rest = select(scalars.second_correction, scalars.last_second_correction, last);
    let a = lr * select(first_rest, scalars.backbone_first_correction, backbone);
    let b = select(second_rest, scalars.backbone_second_correction, backbone);
    for (var at = block * 64u + i % STEP; at < block * 64u + 64u; at += STEP) {
        let g = coefficient * gradients[at];
        let m = fma(g - first[at], vec4f(scalars.first_rate), first[at]);
        let v = fma(g * g - second[at], vec4f(scalars.second_rate), second[at]);
        let w = weights[at];
        first[at] = m;
        second[at] = v;
        weights[at] = (w - decay * w) - a * m / fma(sqrt(v), vec4f(b), vec4f(scalars.epsilon));
    }
}
