// image_of is the image whose token a row holds: first `images` images of `tokens` rows each, then others of `tokens2`.
fn image_of(row: u32, images: u32, tokens: u32, tokens2: u32) -> u32 {
    let ahead = images * tokens;
    if row < ahead { return row / tokens; }
    return images + (row - ahead) / tokens2;
}
