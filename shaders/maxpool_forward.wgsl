// y = the largest of each 3 x 3 window of x, and places = which of the 9 it is; an invocation makes a cell.
//
//   x       (N, H, W, C)
//   y       (N, OH, OW, C)   OH = (H - 1) / 2 + 1: windows 2 pixels apart, the first beginning one pixel outside
//   places  (N, OH, OW, cells)  3 * row + column, a byte for each channel of the cell
//
// torch.nn.MaxPool2d(3, 2, 1). Of equal values the first in row-major order counts; pixels outside never do.
//import group
//import cells

struct Shape { N: u32, H: u32, W: u32, cells: u32 }
@group(0) @binding(0) var<storage, read> x: array<Cell>;
@group(0) @binding(1) var<storage, read_write> y: array<Cell>;
@group(0) @binding(2) var<storage, read_write> places: array<u32>;
@group(0) @binding(3) var<uniform> p: Shape;

{{- $places := "u32"}}{{if .V4}}{{$places = "vec4u"}}{{end}}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let at = group_number(group) * 64u + i;
    let OH = (p.H - 1u) / 2u + 1u;
    let OW = (p.W - 1u) / 2u + 1u;
    if at >= p.N * OH * OW * p.cells { return; }
    let cell = at % p.cells;
    let ox = at / p.cells % OW;
    let oy = at / p.cells / OW % OH;
    let image = at / p.cells / OW / OH * p.H;
    var best = Cell();
    var place = {{$places}}(9u);
    for (var ky = 0u; ky < 3u; ky++) {
        for (var kx = 0u; kx < 3u; kx++) {
            let row = 2u * oy + ky; // one more than the pixel's
            let column = 2u * ox + kx;
            if row >= 1u && row <= p.H && column >= 1u && column <= p.W {
                let v = x[((image + row - 1u) * p.W + column - 1u) * p.cells + cell];
                let better = (v > best) | (place == {{$places}}(9u));
                best = select(best, v, better);
                place = select(place, {{$places}}(3u * ky + kx), better);
            }
        }
    }
    y[at] = best;
    places[at] = {{if .V4}}place.x | (place.y << 8u) | (place.z << 16u) | (place.w << 24u){{else}}place{{end}};
}
