// out_row is the row of C that a row of A makes: (n, i, j) goes to pixel (out_stride * i + out_top, out_stride * j +
// out_left) of image n of out_h x out_w.
fn out_row(row: u32) -> u32 {
{{- if .Dense}}
    return row;
{{- else}}
    let y = row / p.grid_w % p.grid_h * p.out_stride + p.out_top;
    let x = row % p.grid_w * p.out_stride + p.out_left;
    return (row / p.grid_w / p.grid_h * p.out_h + y) * p.out_w + x;
{{- end}}
}

// store writes 4 neighboring columns of what a row of A makes. With Bias, c += bias; with Accumulate, c += what C holds.
fn store(row: u32, col: u32, z: u32, value: vec4f) {
    if row >= p.rows || col >= p.N { return; }
    let i = z * p.split + out_row(row) * p.N + col;
{{- if .V4}}
    var v = value;
    {{if .Bias}}v += bias[col / 4u];{{end}}
    {{if .Accumulate}}v += C[i / 4u];{{end}}
    C[i / 4u] = v;
{{- else}}
{{- range $j := upto 4}}
    if col + {{$j}}u < p.N {
        var x = value.{{axis $j}};
        {{if $.Bias}}x += bias[col + {{$j}}u];{{end}}
        {{if $.Accumulate}}x += C[i + {{$j}}u];{{end}}
        C[i + {{$j}}u] = x;
    }
{{- end}}
{{- end}}
}
