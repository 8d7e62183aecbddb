// picture_of is the picture whose token a row holds: those of tokens rows come first, then those of tokens2.
fn picture_of(row: u32, pictures: u32, tokens: u32, tokens2: u32) -> u32 {
    let ahead = pictures * tokens;
    if row < ahead { return row / tokens; }
    return pictures + (row - ahead) / tokens2;
}
