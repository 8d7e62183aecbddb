// A grid of H x W patches; a block of it, block_w patches wide, T in all; the window that the block looks at; F context
// frames. A patch looks at those at most radius rows and columns away.
struct Shape {
    T: u32, H: u32, W: u32, radius: u32,
    block_w: u32, window_h: u32, window_w: u32, F: u32,
    stride: u32, // of a frame's similarities
    M: u32,      // the most that a patch can look at
    C: u32,      // classes
    sharpness: f32, // 1 / temperature
}
