// erf by Abramowitz and Stegun 7.1.26 (absolute error 1.5e-7) from |z| and e = exp(-z^2).
fn erf_of(z: vec4f, e: vec4f) -> vec4f {
    let t = 1.0 / fma(vec4f(0.3275911), abs(z), vec4f(1.0));
    let poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return sign(z) * fma(-poly, e, vec4f(1.0));
}

// gelu(x) = x Phi(x), the exact form (erf), as the reference ViT.
fn gelu(x: vec4f) -> vec4f {
    let z = x * 0.70710678;
    return 0.5 * x * (1.0 + erf_of(z, exp(-z * z)));
}

// gelu_slope(x) = Phi(x) + x phi(x); both share one exponential.
fn gelu_slope(x: vec4f) -> vec4f {
    let z = x * 0.70710678;
    let e = exp(-z * z);
    return fma(x, 0.39894228 * e, 0.5 * (1.0 + erf_of(z, e)));
}
