// next = new rows ahead of a queue's, whose last ones fall out; the queue as it is where the step is not finite, or the queue
// does not fill yet.
//
//   x          (R, D)   newest
//   queue      (Q, D)
//   next       (Q, D)
//   nonfinite  (1)
//
// SwAV's queue (arXiv 2006.09882).
//import group
//import scalars

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> queue: array<f32>;
@group(0) @binding(2) var<storage, read_write> next: array<f32>;
@group(0) @binding(3) var<storage, read> scalars: Scalars;
@group(0) @binding(4) var<storage, read> nonfinite: array<u32>;
@group(0) @binding(5) var<uniform> p: vec4u; // elements of x, of the queue

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.y { return; }
    if scalars.queue_fills == 0.0 || nonfinite[0] != 0u {
        next[at] = queue[at];
    } else if at < p.x {
        next[at] = x[at];
    } else {
        next[at] = queue[at - p.x];
    }
}
