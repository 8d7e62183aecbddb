// The body of matmul kernels that use no workgroup memory: an invocation makes ROWS x COLS of C from what it reads
// itself. Rows of an operand that run along the depth give 4 depths of a row per read ("along"); rows that run across it
// give 4 rows or columns of C at one depth ("across"). Accumulators are worked in groups of 2 rows x 1 vec4, each
// through 4 depths before the next: where the compiler keeps the order of statements, a group stays in registers.
//import group
{{- $quads := div .COLS 4}}
{{- define "starts"}}
{{- range $r := upto .Count}}
    let {{$.Name}}_at{{$r}} = {{if $.Flat}}({{$.First}} + {{$r}}u) * {{$.Name}}_row{{else}}folded({{$.First}} + {{$r}}u, {{$.Name}}_row, p.{{$.Name}}_shift, {{$.Name}}_size){{end}};
{{- end}}
{{- end}}
{{- define "read"}}{{if not .Texel}}{{.Operand}}[{{.Index}}]{{else if .Flat}}texel({{.Operand}}, flat({{.Index}}, {{.Name}}_size)){{else}}texel({{.Operand}}, {{.At}}){{end}}{{end}}
{{- define "along"}}
{{- range $r := upto .Count}}
        let {{$.To}}{{$r}} = {{template "read" (dict "Texel" $.Texel "Operand" $.Operand "Flat" $.Flat "Name" $.Name "Index" (print $.Name "_at" $r " + k") "At" (print "vec2f(" $.Name "_at" $r ".x + " $.Name "_depth, " $.Name "_at" $r ".y)"))}};
{{- end}}
{{- end}}
{{- define "across"}}
{{- range $d := upto 4}}
        let {{$.Name}}_at{{$d}} = {{if $.Flat}}(4u * k + {{$d}}u) * {{$.Name}}_row + {{$.First}} / 4u{{else}}folded(4u * k + {{$d}}u, {{$.Name}}_row, p.{{$.Name}}_shift, {{$.Name}}_size) + vec2f({{$.Name}}_first, 0.0){{end}};
{{- range $q := upto $.Count}}
        let {{$.Name}}{{$d}}_{{$q}} = {{if $.Tail}}select(vec4f(), {{end}}{{template "read" (dict "Texel" $.Texel "Operand" $.Operand "Flat" $.Flat "Name" $.Name "Index" (print $.Name "_at" $d " + " $q "u") "At" (print "vec2f(" $.Name "_at" $d ".x + " $q ".0 * " $.Name "_size.x, " $.Name "_at" $d ".y)"))}}{{if $.Tail}}, 4u * k + {{$d}}u < K){{end}};
{{- end}}
{{- end}}
{{- end}}

@compute @workgroup_size({{.LANES}})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    // blocks are dealt to lanes one by one, so that no shape leaves most of a workgroup idle
    let block = p.first + group_number(group) * {{.LANES}}u + lane;
    let row = select(p.M, block / p.across * ROWS, block < p.end); // past the end nothing is stored
    let col = block % p.across * COLS;
    let z = group.z;
    let K = p.K;
    let end = min((z + 1u) * p.depth, (K + 3u) / 4u);
    let a_row = p.a_row;
    let b_row = p.b_row;
{{- if .Texel}}
    let a_size = 1.0 / vec2f(vec2i(textureDimensions(A)));
    let b_size = 1.0 / vec2f(vec2i(textureDimensions(B)));
    let a_first = f32(i32(row / 4u)) * a_size.x;
    let b_first = f32(i32(col / 4u)) * b_size.x;
{{- end}}
{{- if not .AT}}
    {{- template "starts" (dict "Name" "a" "First" "row" "Count" .ROWS "Flat" .AFlat)}}
{{- end}}
{{- if .BT}}
    {{- template "starts" (dict "Name" "b" "First" "col" "Count" .COLS "Flat" .BFlat)}}
{{- end}}
{{- range $r := upto .ROWS}}
{{- range $q := upto $quads}}
    var c{{$r}}_{{$q}} = vec4f();
{{- end}}
{{- end}}
{{- $sums := or .Sums .Inside}}
{{- if $sums}}
{{- range $q := upto (div .ROWS 4)}}
    var s{{$q}} = vec4f();
{{- end}}
{{- end}}
    for (var k = z * p.depth; k < end; k++) {
{{- if .Texel}}
        let a_depth = f32(i32(k)) * a_size.x;
        let b_depth = f32(i32(k)) * b_size.x;
{{- end}}
{{- if .AT}}
    {{- template "across" (dict "Texel" .Texel "Operand" "A" "Name" "a" "First" "row" "Count" (div .ROWS 4) "Flat" .AFlat "Tail" .TAIL)}}
{{- if $sums}}
{{- range $q := upto (div .ROWS 4)}}
        s{{$q}} += a0_{{$q}} + a1_{{$q}} + a2_{{$q}} + a3_{{$q}};
{{- end}}
{{- end}}
{{- else}}
    {{- template "along" (dict "Texel" .Texel "Operand" "A" "Name" "a" "To" "a" "Count" .ROWS "Flat" .AFlat)}}
{{- end}}
{{- if .BT}}
    {{- template "along" (dict "Texel" .Texel "Operand" "B" "Name" "b" "To" "t" "Count" .COLS "Flat" .BFlat)}}
{{- range $d := upto 4}}
{{- range $q := upto $quads}}
        let b{{$d}}_{{$q}} = vec4f(t{{mul $q 4}}.{{axis $d}}, t{{add (mul $q 4) 1}}.{{axis $d}}, t{{add (mul $q 4) 2}}.{{axis $d}}, t{{add (mul $q 4) 3}}.{{axis $d}});
{{- end}}
{{- end}}
{{- else}}
    {{- template "across" (dict "Texel" .Texel "Operand" "B" "Name" "b" "First" "col" "Count" $quads "Flat" .BFlat "Tail" .TAIL)}}
{{- end}}
{{- /* a(r, d) is a component of a<r> or, turned over, of a<d>_<r/4> */ -}}
{{- range $pair := upto (div .ROWS 2)}}
{{- range $q := upto $quads}}
{{- range $d := upto 4}}
{{- range $s := upto 2}}
{{- $r := add (mul $pair 2) $s}}
        c{{$r}}_{{$q}} = fma(vec4f({{if $.AT}}a{{$d}}_{{div $r 4}}.{{axis (mod $r 4)}}{{else}}a{{$r}}.{{axis $d}}{{end}}), b{{$d}}_{{$q}}, c{{$r}}_{{$q}});
{{- end}}
{{- end}}
{{- end}}
{{- end}}
    }
{{- if $sums}}
    if col == 0u {
{{- range $q := upto (div .ROWS 4)}}
        store_sums(row + {{mul 4 $q}}u, z, s{{$q}});
{{- end}}
    }
{{- end}}
{{- range $q := upto $quads}}
    {
        let shift = columns(col + {{mul $q 4}}u);
{{- range $r := upto $.ROWS}}
        store(row + {{$r}}u, col + {{mul $q 4}}u, z, c{{$r}}_{{$q}} + shift);
{{- end}}
    }
{{- end}}
}
