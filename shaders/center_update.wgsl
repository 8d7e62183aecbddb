// center += rate (sum / rows - center), unless the step is not finite; rate = 1 - momentum.
//
//   center, sum  (K)   sum of the teacher's raw logits over the rows of all micro-batches of the step
//   nonfinite    (1)   not zero: nothing is changed
//
// As DINOLoss.update_center (reference DINO).
//import group
//import cells
//import scalars

@group(0) @binding(0) var<storage, read_write> center: array<Cell>;
@group(0) @binding(1) var<storage, read> sum: array<Cell>;
@group(0) @binding(2) var<storage, read> scalars: Scalars;
@group(0) @binding(3) var<storage, read> nonfinite: array<u32>;
@group(0) @binding(4) var<uniform> p: vec4u; // rows

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= K / WIDE || nonfinite[0] != 0u { return; }
    center[at] = fma(sum[at] / f32(p.x) - center[at], Cell(scalars.center_rate), center[at]);
}
