// The arithmetic an adapter can do: CHAINS independent chains of scalar fma per invocation, each waiting for
// itself alone. Nothing is read; one value is written, so that no compiler leaves the chains out.
//
//   out  (one per invocation)  the sum of its chains
@group(0) @binding(0) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3u) {
    // the factor is below 1, so that chains settle rather than grow
    let x = f32(at.x) * 1e-6;
    let y = 0.999;
{{- range $c := upto .CHAINS}}
    var a{{$c}} = f32(at.x % 64u + {{$c}}u);
{{- end}}
    for (var turn = 0u; turn < 256u; turn++) {
{{- range $u := upto 8}}
{{- range $c := upto $.CHAINS}}
        a{{$c}} = fma(a{{$c}}, y, x);
{{- end}}
{{- end}}
    }
    out[at.x] = {{range $c := upto .CHAINS}}{{if $c}} + {{end}}a{{$c}}{{end}};
}
