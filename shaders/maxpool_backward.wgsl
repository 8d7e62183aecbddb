// dx = the sum of dy over the windows whose largest value a pixel is; an invocation makes a cell.
//
//   dy      (N, OH, OW, C)
//   places  (N, OH, OW, cells)  from maxpool_forward
//   dx      (N, H, W, C)
//
// The chain rule of maxpool_forward. A pixel is in one or two windows along each axis.
//import group
//import cells

struct Shape { N: u32, H: u32, W: u32, cells: u32 }
@group(0) @binding(0) var<storage, read> dy: array<Cell>;
@group(0) @binding(1) var<storage, read> places: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<Cell>;
@group(0) @binding(3) var<uniform> p: Shape;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    if at >= p.N * p.H * p.W * p.cells { return; }
    let OH = (p.H - 1u) / 2u + 1u;
    let OW = (p.W - 1u) / 2u + 1u;
    let cell = at % p.cells;
    let column = at / p.cells % p.W;
    let row = at / p.cells / p.W % p.H;
    let image = at / p.cells / p.W / p.H * OH;
    var sum = Cell();
    for (var oy = row / 2u; oy < min((row + 1u) / 2u + 1u, OH); oy++) {
        for (var ox = column / 2u; ox < min((column + 1u) / 2u + 1u, OW); ox++) {
            let window = ((image + oy) * OW + ox) * p.cells + cell;
            let here = 3u * (row + 1u - 2u * oy) + column + 1u - 2u * ox;
{{- if .V4}}
            let place = (vec4u(places[window]) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u);
            sum += select(vec4f(), dy[window], place == vec4u(here));
{{- else}}
            sum += select(0.0, dy[window], places[window] == here);
{{- end}}
        }
    }
    dx[at] = sum;
}
