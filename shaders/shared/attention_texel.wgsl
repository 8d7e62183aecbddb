// texel_at is vec4 i of a tensor that was staged with `width` vec4s in a row of the texture.
fn texel_at(i: u32, width: u32) -> vec2u { return vec2u(i % width, i / width); }
