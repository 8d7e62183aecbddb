// C = op(A) op(B), operands read as textures: the member for software Vulkan, where a texel fetch gathers for
// all lanes at once while buffer reads go lane by lane. {{.Form}}, {{.Variant}}
//
//   A  (M, K), or (K, M) with AT     rows padded to whole texels, folded as gpu.Fold says
//   B  (K, N), or (N, K) with BT
//   C  (splits, M, N)                splits share out the depth K
//
// Texels are sampled at coordinates kept as floats: a fetch by integers searches for its mipmap level first.
{{bind}} var A: texture_2d<f32>;
{{bind}} var B: texture_2d<f32>;
//import epilogue
{{bind}} var nearest: sampler;

fn texel(t: texture_2d<f32>, at: vec2f) -> vec4f { return textureSampleLevel(t, nearest, at, 0.0); }

// folded is where a row begins of a tensor with `stride` texels per row, 1 << shift of its rows in one row of the texture.
fn folded(row: u32, stride: u32, shift: u32, size: vec2f) -> vec2f {
    let x = i32((row & ((1u << shift) - 1u)) * stride);
    return (vec2f(f32(x), f32(i32(row >> shift))) + 0.5) * size;
}

// flat is where texel i is of a tensor that runs on through rows of 1,024.
fn flat(i: u32, size: vec2f) -> vec2f { return (vec2f(f32(i32(i & 1023u)), f32(i32(i >> 10u))) + 0.5) * size; }

//import direct
