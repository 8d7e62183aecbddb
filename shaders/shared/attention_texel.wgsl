// texel_at is vec4 i of a tensor that was staged 1,024 to a row.
fn texel_at(i: u32) -> vec2u { return vec2u(i % 1024u, i / 1024u); }
