// Shows an image in a window, a texel to a pixel: out[x, y] = image[x, y]. What the window has and the image has not, while
// it grows, is black.
@group(0) @binding(0) var image: texture_2d<f32>;

// One triangle over the whole window.
@vertex
fn vertex(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
    return vec4f(f32(i & 1u) * 4.0 - 1.0, f32(i >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

fn shown(at: vec2f) -> vec3f {
    let p = vec2u(at);
    if any(p >= textureDimensions(image)) {
        return vec3f(0.0);
    }
    return textureLoad(image, p, 0).rgb;
}

@fragment
fn fragment(@builtin(position) at: vec4f) -> @location(0) vec4f {
    return vec4f(shown(at.xy), 1.0);
}

// The same for a surface that turns linear light into sRGB by itself: the image's bytes are sRGB, and are to stay.
@fragment
fn fragment_linear(@builtin(position) at: vec4f) -> @location(0) vec4f {
    let c = shown(at.xy);
    let low = c / 12.92;
    let high = pow((c + 0.055) / 1.055, vec3f(2.4));
    return vec4f(select(high, low, c <= vec3f(0.04045)), 1.0);
}
