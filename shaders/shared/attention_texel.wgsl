// Where vec4s lie in textures with one token per row, folded as gpu.Fold says. A Place is where one vec4 lies; the
// others of its row are found from there.
{{- if .Flat}}
alias Place = u32;
fn qkv_at(row: u32, n: u32) -> Place { return row * TOKEN + n; }
fn load(at: Place, n: u32) -> vec4f { return textureLoad(qkv, vec2u((at + n) % QKV_WIDTH, (at + n) / QKV_WIDTH), 0); }
{{- if .Gradient}}
fn gradient_at(row: u32, n: u32) -> Place { return row * KEY + n; }
fn gradient(at: Place, n: u32) -> vec4f { return textureLoad(dO, vec2u((at + n) % OUT_WIDTH, (at + n) / OUT_WIDTH), 0); }
{{- end}}
fn measure() {}
{{- else}}
// Texels are sampled at float coordinates, as in matmul_texel: a fetch by integers searches for its mipmap level.
alias Place = vec2f;
var<private> texel_size: vec2f; // of qkv
fn folded(x: u32, y: u32, size: vec2f) -> vec2f { return (vec2f(f32(i32(x)), f32(i32(y))) + 0.5) * size; }
fn qkv_at(row: u32, n: u32) -> Place {
    return folded(row % (1u << p.qkv_shift) * TOKEN + n, row >> p.qkv_shift, texel_size);
}
fn load(at: Place, n: u32) -> vec4f {
    return textureSampleLevel(qkv, nearest, vec2f(at.x + f32(n) * texel_size.x, at.y), 0.0);
}
{{- if .Gradient}}
var<private> gradient_size: vec2f; // of dO
fn gradient_at(row: u32, n: u32) -> Place {
    return folded(row % (1u << p.out_shift) * KEY + n, row >> p.out_shift, gradient_size);
}
fn gradient(at: Place, n: u32) -> vec4f {
    return textureSampleLevel(dO, nearest, vec2f(at.x + f32(n) * gradient_size.x, at.y), 0.0);
}
{{- end}}
// measure takes the textures' sizes; main calls it first.
fn measure() {
    texel_size = 1.0 / vec2f(vec2i(textureDimensions(qkv)));
    {{if .Gradient}}gradient_size = 1.0 / vec2f(vec2i(textureDimensions(dO)));{{end}}
}
{{- end}}

