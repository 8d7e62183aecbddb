// A convolution is a matmul whose operand A is never made: row (n, i, j) of A, one of `rows` in grids of grid_h x grid_w,
// holds for each tap (ty, tx) the channels of pixel
//     (stride * i + top + step * ty, stride * j + left + step * tx)
// of image n of X (N, H, W, 4 * quads), zeros outside. Each depth is (ty, tx, channel), taps of a row and `taps` along x.
struct Shape {
    rows: u32, grid_h: u32, grid_w: u32,
    H: u32, W: u32, quads: u32,
    stride: i32, step: i32, top: i32, left: i32,
    taps: u32,
    N: u32,                       // columns of B and C
    first: u32, b_row: u32,       // of B: the row of the first depth, and vec4s of a row
    depth: u32, end: u32,         // of a split, and of all
    across: u32, split: u32,      // blocks along N, elements of C per split
    turn0: u32, turn1: u32, turn2: u32, // see the odometers
    a_shift: u32, b_shift: u32,   // of the operands' folds, where they are textures
    out_h: u32, out_w: u32, out_stride: u32, out_top: u32, out_left: u32, // see out_row
}

// pixel_at is what row (n, i, j) of A finds at the first tap: the pixel's number in X, its row and its column.
fn pixel_at(n: u32, i: u32, j: u32) -> vec3i {
    let y = i32(i) * p.stride + p.top;
    let x = i32(j) * p.stride + p.left;
    return vec3i((i32(n * p.H) + y) * i32(p.W) + x, y, x);
}

// pixel_of is that of a row by its number. Rows past the end find nothing at any tap.
fn pixel_of(row: u32) -> vec3i {
    if row >= p.rows { return vec3i(0, -0x40000000, 0); }
    return pixel_at(row / p.grid_w / p.grid_h, row / p.grid_w % p.grid_h, row % p.grid_w);
}

// inside tells whether a pixel, moved by dy and dx, is in the image.
fn inside(at: vec3i, dy: i32, dx: i32) -> bool { return u32(at.y + dy) < p.H && u32(at.z + dx) < p.W; }
