// sums = the sum of S partials; with Affine, dweight and dbias += them too. LANES invocations per channel.
//
//   partials       (S, 2, C)  from batchnorm_backward_partial
//   sums           (2, C)     of g * normalized x, and of g
//   dweight, dbias (C)
//
// Always in the same order.
//import group
//import rows

{{bind}} var<storage, read> partials: array<f32>;
{{bind}} var<storage, read_write> sums: array<f32>;
{{- if .Affine}}
{{bind}} var<storage, read_write> dweight: array<f32>;
{{bind}} var<storage, read_write> dbias: array<f32>;
{{- end}}
{{bind}} var<uniform> p: vec4u; // C, S

@compute @workgroup_size({{mul .ROWS .LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let channel = group_number(group) * ROWS + i / LANES;
    let live = channel < p.x;
    let lane = i % LANES;
    let base = select(0u, channel, live);
    var w = 0.0;
    var b = 0.0;
    for (var s = lane; s < p.y; s += LANES) {
        w += partials[2u * s * p.x + base];
        b += partials[(2u * s + 1u) * p.x + base];
    }
    w = row_sum(w, i);
    b = row_sum(b, i);
    if live && lane == 0u {
        sums[channel] = w;
        sums[p.x + channel] = b;
{{- if .Affine}}
        dweight[channel] += w;
        dbias[channel] += b;
{{- end}}
    }
}
