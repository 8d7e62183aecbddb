// C = op(A) op(B), operands read as textures: the member for software Vulkan, where a texel fetch gathers for
// all lanes at once while buffer reads go lane by lane.
//
//   A  (M, K), or (K, M) with AT     rows padded to whole texels, folded as gpu.Fold says
//   B  (K, N), or (N, K) with BT
//   C  (splits, M, N)                splits share out the depth K
//
// An invocation makes ROWS x 16 of C. Its accumulators are worked in groups of 2 rows x 1 vec4, each through
// 4 depths before the next: the driver's compiler keeps the order of statements, and a group stays in registers.
// Texels are sampled at coordinates kept as floats: a fetch by integers searches for its mipmap level first.
{{bind}} var A: texture_2d<f32>;
{{bind}} var B: texture_2d<f32>;
//import epilogue
{{bind}} var nearest: sampler;

fn texel(t: texture_2d<f32>, at: vec2f) -> vec4f { return textureSampleLevel(t, nearest, at, 0.0); }

// folded is where a row begins of a tensor with `stride` texels a row, 1 << shift of them in one of the texture's.
fn folded(row: u32, stride: u32, shift: u32, size: vec2f) -> vec2f {
    let x = i32((row & ((1u << shift) - 1u)) * stride);
    return (vec2f(f32(x), f32(i32(row >> shift))) + 0.5) * size;
}

// flat is where texel i is of a tensor that runs on through rows of 1,024.
fn flat_at(i: u32, size: vec2f) -> vec2f { return (vec2f(f32(i32(i & 1023u)), f32(i32(i >> 10u))) + 0.5) * size; }

{{- /* along: texels of Count rows of an operand whose rows run along the depth; their starts stand before the loop */ -}}
{{- define "starts"}}
{{- range $r := upto .Count}}
    let {{$.Name}}_at{{$r}} = {{if $.Flat}}({{$.First}} + {{$r}}u) * {{$.Name}}_row{{else}}folded({{$.First}} + {{$r}}u, {{$.Name}}_row, p.{{$.Name}}_shift, {{$.Name}}_size){{end}};
{{- end}}
{{- end}}
{{- define "along"}}
{{- range $r := upto .Count}}
        let {{$.To}}{{$r}} = texel({{$.Texture}}, {{if $.Flat}}flat_at({{$.Name}}_at{{$r}} + k, {{$.Name}}_size){{else}}vec2f({{$.Name}}_at{{$r}}.x + {{$.Name}}_depth, {{$.Name}}_at{{$r}}.y){{end}});
{{- end}}
{{- end}}
{{- /* across: Count texels of each of 4 rows of an operand whose rows run across the depth */ -}}
{{- define "across"}}
{{- range $d := upto 4}}
        let {{$.Name}}_at{{$d}} = {{if $.Flat}}(4u * k + {{$d}}u) * {{$.Name}}_row + {{$.First}} / 4u{{else}}folded(4u * k + {{$d}}u, {{$.Name}}_row, p.{{$.Name}}_shift, {{$.Name}}_size) + vec2f({{$.Name}}_first, 0.0){{end}};
{{- range $q := upto $.Count}}
        let {{$.Name}}{{$d}}_{{$q}} = {{if $.Tail}}select(vec4f(), {{end}}texel({{$.Texture}}, {{if $.Flat}}flat_at({{$.Name}}_at{{$d}} + {{$q}}u, {{$.Name}}_size){{else}}vec2f({{$.Name}}_at{{$d}}.x + {{$q}}.0 * {{$.Name}}_size.x, {{$.Name}}_at{{$d}}.y){{end}}){{if $.Tail}}, 4u * k + {{$d}}u < K){{end}};
{{- end}}
{{- end}}
{{- end}}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    // blocks are dealt to lanes one by one, so that no shape leaves most of a workgroup idle
    let block = (group.x + group.y * 32768u) * 8u + lane;
    let row = block / p.across * ROWS;
    let col = block % p.across * 16u;
    let z = group.z;
    let K = p.K;
    let end = min((z + 1u) * p.depth, (K + 3u) / 4u);
    let a_row = p.a_row;
    let b_row = p.b_row;
    let a_size = 1.0 / vec2f(vec2i(textureDimensions(A)));
    let b_size = 1.0 / vec2f(vec2i(textureDimensions(B)));
{{- if .AT}}
    let a_first = f32(i32(row / 4u)) * a_size.x;
{{- else}}
    {{- template "starts" (dict "Name" "a" "First" "row" "Count" .ROWS "Flat" .AFlat)}}
{{- end}}
{{- if .BT}}
    {{- template "starts" (dict "Name" "b" "First" "col" "Count" 16 "Flat" .BFlat)}}
{{- else}}
    let b_first = f32(i32(col / 4u)) * b_size.x;
{{- end}}
{{- range $r := upto .ROWS}}
{{- range $q := upto 4}}
    var c{{$r}}_{{$q}} = vec4f();
{{- end}}
{{- end}}
    for (var k = z * p.depth; k < end; k++) {
        let depth = f32(i32(k));
        let a_depth = depth * a_size.x;
        let b_depth = depth * b_size.x;
{{- /* a(r, d) is a component of a<r> or, turned over, of a<d>_<r/4> */ -}}
{{- if .AT}}
    {{- template "across" (dict "Texture" "A" "Name" "a" "First" "row" "Count" (div .ROWS 4) "Flat" .AFlat "Tail" .TAIL)}}
{{- else}}
    {{- template "along" (dict "Texture" "A" "Name" "a" "To" "a" "Count" .ROWS "Flat" .AFlat)}}
{{- end}}
{{- if .BT}}
    {{- template "along" (dict "Texture" "B" "Name" "b" "To" "t" "Count" 16 "Flat" .BFlat)}}
{{- range $d := upto 4}}
{{- range $q := upto 4}}
        let b{{$d}}_{{$q}} = vec4f(t{{mul $q 4}}.{{axis $d}}, t{{add (mul $q 4) 1}}.{{axis $d}}, t{{add (mul $q 4) 2}}.{{axis $d}}, t{{add (mul $q 4) 3}}.{{axis $d}});
{{- end}}
{{- end}}
{{- else}}
    {{- template "across" (dict "Texture" "B" "Name" "b" "First" "col" "Count" 4 "Flat" .BFlat "Tail" .TAIL)}}
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
