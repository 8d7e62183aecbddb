// not_finite tells NaN and infinity by their exponent: drivers may compute as if neither existed, so that
// comparisons miss them. v has to come from a buffer.
fn not_finite(v: vec4f) -> bool {
    return any((bitcast<vec4u>(v) & vec4u(0x7f800000u)) == vec4u(0x7f800000u));
}

