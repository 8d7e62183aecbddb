// teacher += rate (student - teacher), unless the step is not finite; rate = 1 - momentum.
// An invocation does PER vec4s of a block of 256 values.
//
//   teacher, student  (N)        N = 256 blocks: every tensor, frozen ones too
//   blocks            (N / 256)  tensor number, with BUFFER (the student's alone, or none's): left alone, and BACKBONE: left alone while it is frozen
//   nonfinite         (1)        not zero: nothing is changed
//
// The reference DINO's momentum update. In this form equal values stay equal: a gain of 1 stays exactly 1.
//import group
//import scalars

@group(0) @binding(0) var<storage, read_write> teacher: array<vec4f>;
@group(0) @binding(1) var<storage, read> student: array<vec4f>;
@group(0) @binding(2) var<storage, read> blocks: array<u32>;
@group(0) @binding(3) var<storage, read> scalars: Scalars;
@group(0) @binding(4) var<storage, read> nonfinite: array<u32>;
@group(0) @binding(5) var<uniform> p: vec4u; // blocks

const STEP = 64u / PER; // invocations per block

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let block = group_number(group) * PER + i / STEP;
    if block >= p.x || nonfinite[0] != 0u { return; }
    let tensor = blocks[block];
    if (tensor & BUFFER) != 0u || ((tensor & BACKBONE) != 0u && scalars.backbone == 0.0) { return; }
    let rate = vec4f(scalars.teacher_rate);
    for (var at = block * 64u + i % STEP; at < block * 64u + 64u; at += STEP) {
        let s = student[at];
        teacher[at] = select(fma(s - teacher[at], rate, teacher[at]), s, rate == vec4f(1.0)); // a rate of 1 copies every bit
    }
}
