// out[b, patch, (c, y, x)] = images[b, c, patch's y, patch's x]; an invocation makes 4 columns of a row.
//
//   images  (B, 3, H, W)   what is left over behind whole patches is dropped
//   out     (B, P, KP)     P = (H / PATCH) (W / PATCH), row by row; KP = 3 PATCH^2 rounded up to a multiple of 4,
//                          zeros behind
//
// Conv2d with stride PATCH as a matrix (reference PatchEmbed): columns in the order of the weight's elements.
//import group

@group(0) @binding(0) var<storage, read> images: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> p: vec4u; // B, H, W

const AREA = PATCH * PATCH;
const QUADS = (3u * AREA + 3u) / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    let across = p.z / PATCH;
    let patches = p.y / PATCH * across;
    if at >= p.x * patches * QUADS { return; }
    let k = at % QUADS * 4u;
    let patch_index = at / QUADS % patches;
    let image = at / QUADS / patches * 3u * p.y * p.z;
    let corner = image + patch_index / across * PATCH * p.z + patch_index % across * PATCH;
    var v = vec4f();
{{- range $j := upto 4}}
    if k + {{$j}}u < 3u * AREA {
        let e = k + {{$j}}u;
        v.{{axis $j}} = images[corner + e / AREA * p.y * p.z + e % AREA / PATCH * p.z + e % PATCH];
    }
{{- end}}
    out[at] = v;
}
