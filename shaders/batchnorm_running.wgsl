// stats = the running mean, 0, and 1 / sqrt(running variance + 1e-5); an invocation per channel.
//
//   running_mean, running_var  (C)
//   stats                      (3, C)   as batchnorm_statistics makes them
//
// As torch.nn.BatchNorm2d in evaluation.
//import group

@group(0) @binding(0) var<storage, read> running_mean: array<f32>;
@group(0) @binding(1) var<storage, read> running_var: array<f32>;
@group(0) @binding(2) var<storage, read_write> stats: array<f32>;
@group(0) @binding(3) var<uniform> p: vec4u; // C

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let channel = group_number(group) * 64u + i;
    if channel >= p.x { return; }
    stats[channel] = running_mean[channel];
    stats[p.x + channel] = 0.0;
    stats[2u * p.x + channel] = inverseSqrt(running_var[channel] + 1e-5);
}
