// C = op(A) op(B), operands read as textures: the member for software Vulkan, where a texel fetch gathers for
// all lanes at once while buffer reads go lane by lane.
//
//   A  (M, K), or (K, M) with AT     rows padded to whole texels, folded into 1,024 texels a texture row
//   B  (K, N), or (N, K) with BT
//   C  (splits, M, N)                splits share out the depth K
//
// An invocation makes ROWS x 16 of C. Its accumulators are worked in groups of 2 rows x 1 vec4, each through
// 4 depths before the next: the driver's compiler keeps the order of statements, and a group stays in registers.
{{bind}} var A: texture_2d<f32>;
{{bind}} var B: texture_2d<f32>;
//import epilogue

fn texel(t: texture_2d<f32>, i: u32) -> vec4f { return textureLoad(t, vec2u(i & 1023u, i >> 10u), 0); }

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    // blocks are dealt to lanes one by one, so that no shape leaves most of a workgroup idle
    let block = (group.x + group.y * 32768u) * 8u + lane;
    let row = block / p.across * ROWS;
    let col = block % p.across * 16u;
    let z = group.z;
    let end = min((z + 1u) * p.depth, (p.K + 3u) / 4u);
{{- range $r := upto .ROWS}}
{{- range $q := upto 4}}
    var c{{$r}}_{{$q}} = vec4f();
{{- end}}
{{- end}}
    for (var k = z * p.depth; k < end; k++) {
{{- /* a(r, d) is a component of a<r> or, turned over, of a<d>_<r/4> */ -}}
{{- if .AT}}
{{- range $d := upto 4}}
{{- range $q := upto (div $.ROWS 4)}}
        let a{{$d}}_{{$q}} = {{if $.TAIL}}select(vec4f(), texel(A, (4u * k + {{$d}}u) * p.a_row + row / 4u + {{$q}}u), 4u * k + {{$d}}u < p.K){{else}}texel(A, (4u * k + {{$d}}u) * p.a_row + row / 4u + {{$q}}u){{end}};
{{- end}}
{{- end}}
{{- else}}
{{- range $r := upto .ROWS}}
        let a{{$r}} = texel(A, (row + {{$r}}u) * p.a_row + k);
{{- end}}
{{- end}}
{{- if .BT}}
{{- range $j := upto 16}}
        let t{{$j}} = texel(B, (col + {{$j}}u) * p.b_row + k);
{{- end}}
{{- range $d := upto 4}}
{{- range $q := upto 4}}
        let b{{$d}}_{{$q}} = vec4f(t{{mul $q 4}}.{{axis $d}}, t{{add (mul $q 4) 1}}.{{axis $d}}, t{{add (mul $q 4) 2}}.{{axis $d}}, t{{add (mul $q 4) 3}}.{{axis $d}});
{{- end}}
{{- end}}
{{- else}}
{{- range $d := upto 4}}
{{- range $q := upto 4}}
        let b{{$d}}_{{$q}} = {{if $.TAIL}}select(vec4f(), texel(B, (4u * k + {{$d}}u) * p.b_row + col / 4u + {{$q}}u), 4u * k + {{$d}}u < p.K){{else}}texel(B, (4u * k + {{$d}}u) * p.b_row + col / 4u + {{$q}}u){{end}};
{{- end}}
{{- end}}
{{- end}}
{{- range $pair := upto (div .ROWS 2)}}
{{- range $q := upto 4}}
{{- range $d := upto 4}}
{{- range $s := upto 2}}
{{- $r := add (mul $pair 2) $s}}
        c{{$r}}_{{$q}} = fma(vec4f({{if $.AT}}a{{$d}}_{{div $r 4}}.{{axis (mod $r 4)}}{{else}}a{{$r}}.{{axis $d}}{{end}}), b{{$d}}_{{$q}}, c{{$r}}_{{$q}});
{{- end}}
{{- end}}
{{- end}}
{{- end}}
    }
{{- range $r := upto .ROWS}}
{{- range $q := upto 4}}
    store(row + {{$r}}u, col + {{mul $q 4}}u, z, c{{$r}}_{{$q}});
{{- end}}
{{- end}}
}
