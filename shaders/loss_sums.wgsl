// sums += (sum of the losses, mean of the entropies): a batch's part of its step's metrics. One workgroup.
//
//   loss       (N)   float bits, of each crop and image, as student_loss has them: their sum is the batch's loss
//   entropy    (R)   float bits, of each of the teacher's rows
//   sums       (2)
//   nonfinite  (1)   becomes 1 where a loss or entropy is not finite; nothing here makes it 0 again; it is found in u32 from
//                    memory, as in gradient_norm_partial
//import rows

@group(0) @binding(0) var<storage, read> loss: array<u32>;
@group(0) @binding(1) var<storage, read> entropy: array<u32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@group(0) @binding(3) var<storage, read_write> nonfinite: array<u32>;
@group(0) @binding(4) var<uniform> p: vec4u; // N, R

@compute @workgroup_size({{.LANES}})
fn main(@builtin(local_invocation_index) i: u32) {
    var bad = 0.0;
    var l = 0.0;
    for (var at = i; at < p.x; at += LANES) {
        let bits = loss[at];
        l += bitcast<f32>(bits);
        bad += select(0.0, 1.0, (bits & 0x7f800000u) == 0x7f800000u);
    }
    var h = 0.0;
    for (var at = i; at < p.y; at += LANES) {
        let bits = entropy[at];
        h += bitcast<f32>(bits);
        bad += select(0.0, 1.0, (bits & 0x7f800000u) == 0x7f800000u);
    }
    l = row_sum(l, i);
    h = row_sum(h, i);
    bad = row_sum(bad, i);
    if i == 0u {
        sums[0] += l;
        sums[1] += h / f32(p.y);
        if bad > 0.0 { nonfinite[0] = 1u; }
    }
}
