fn texel(t: texture_2d<f32>, at: vec2f) -> vec4f { return textureSampleLevel(t, nearest, at, 0.0); }

// folded is where a row begins of a tensor with `stride` texels per row, 1 << shift of its rows in one row of the texture.
fn folded(row: u32, stride: u32, shift: u32, size: vec2f) -> vec2f {
    let x = i32((row & ((1u << shift) - 1u)) * stride);
    return (vec2f(f32(x), f32(i32(row >> shift))) + 0.5) * size;
}
