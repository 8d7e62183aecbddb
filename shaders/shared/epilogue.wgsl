// The store of every matmul kernel, with what is fused into it:
//   Bias        c += bias[column]              by the caller, which calls columns once for all its rows
//   Gelu        before = c, c = gelu(c)        before is kept for the backward pass
//   GeluSlope   c *= gelu'(before)
//   RowScale    c *= scales[image]           of the row's image
//   Residual    c += residual
//   Accumulate  c += what C holds
// With A^T B, the sums of A's columns too, which are a bias's gradient where A is dy: Sums adds them to a tensor (M);
// Inside stores them behind each split of C, for partials_reduce.
{{if or .Gelu .GeluSlope}}
//import gelu
{{end}}
{{- if .RowScale}}
//import images
{{end}}
struct Shape {
    M: u32, N: u32, K: u32,
    a_row: u32, b_row: u32, // vec4s per row of A and B
    depth: u32,             // vec4s of depth per split
    across: u32,            // blocks along N
    split: u32,             // elements of C per split
    a_shift: u32, b_shift: u32, // of the operands' folds, where they are textures
    first: u32, end: u32,   // the blocks of C that this dispatch makes: from first on, up to end
{{- if .RowScale}}
    images: u32, tokens: u32, tokens2: u32, // see image_of
{{- end}}
}
{{bind}} var<storage, read_write> C: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
{{- if .Bias}}
{{bind}} var<storage, read> bias: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
{{- end}}
{{- if .Gelu}}
{{bind}} var<storage, read_write> before: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
{{- end}}
{{- if .GeluSlope}}
{{bind}} var<storage, read> before: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
{{- end}}
{{- if .RowScale}}
{{bind}} var<storage, read> scales: array<f32>;
{{- end}}
{{- if .Residual}}
{{bind}} var<storage, read> residual: array<{{if .V4}}vec4f{{else}}f32{{end}}>;
{{- end}}
{{- if .Sums}}
{{bind}} var<storage, read_write> sums: array<vec4f>; // (M)
{{- end}}
{{bind}} var<uniform> p: Shape;
{{- if or .Sums .Inside}}

// store_sums writes the sums of 4 neighboring columns of A.
fn store_sums(row: u32, z: u32, v: vec4f) {
    if row >= p.M { return; }
    {{if .Sums}}sums[row / 4u] += v;{{else}}C[(z * p.split + p.M * p.N + row) / 4u] = v;{{end}}
}
{{- end}}

// columns is the bias of 4 neighboring columns, from col on: every row takes it.
fn columns(col: u32) -> vec4f {
{{- if not .Bias}}
    return vec4f();
{{- else if .V4}}
    return bias[min(col, p.N - 4u) / 4u];
{{- else}}
    let last = p.N - 1u;
    return vec4f(bias[min(col, last)], bias[min(col + 1u, last)], bias[min(col + 2u, last)], bias[min(col + 3u, last)]);
{{- end}}
}

// store writes 4 neighboring columns of a row of C.
fn store(row: u32, col: u32, z: u32, value: vec4f) {
    if row >= p.M || col >= p.N { return; }
    var v = value;
{{- if .V4}}
    let i = (z * p.split + row * p.N + col) / 4u;
    {{if .Gelu}}before[i] = v; v = gelu(v);{{end}}
    {{if .GeluSlope}}v *= gelu_slope(before[i]);{{end}}
    {{if .RowScale}}v *= scales[image_of(row, p.images, p.tokens, p.tokens2)];{{end}}
    {{if .Residual}}v += residual[i];{{end}}
    {{if .Accumulate}}v += C[i];{{end}}
    C[i] = v;
{{- else}}
    let i = z * p.split + row * p.N + col;
{{- range $j := upto 4}}
    if col + {{$j}}u < p.N {
        var x = v.{{axis $j}};
        {{if $.Gelu}}before[i + {{$j}}u] = x; x = gelu(vec4f(x)).x;{{end}}
        {{if $.GeluSlope}}x *= gelu_slope(vec4f(before[i + {{$j}}u])).x;{{end}}
        {{if $.RowScale}}x *= scales[image_of(row, p.images, p.tokens, p.tokens2)];{{end}}
        {{if $.Residual}}x += residual[i + {{$j}}u];{{end}}
        {{if $.Accumulate}}x += C[i + {{$j}}u];{{end}}
        C[i + {{$j}}u] = x;
    }
{{- end}}
{{- end}}
}
