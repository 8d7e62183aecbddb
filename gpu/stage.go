package gpu

// dx12Copy is what the byte where a copy into a texture begins must be a multiple of by DX12
// (D3D12_TEXTURE_DATA_PLACEMENT_ALIGNMENT). wgpu hands the offset on as it is.
const dx12Copy = 512

// A stageCopy is a copy of texels from a buffer into rows of a texture, from its left edge.
type stageCopy struct {
	offset, pitch      int // bytes: of the first texel, from one row to the next
	row, height, width int // texels
}

// stageCopies are the copies that bring a tensor into its texture: the whole rows, then the rest of the last one. Rows are
// of whole 256 bytes, so that a rest may begin at an odd 256, where DX12 allows none: it is then copied together with what
// lies above it, which is there already.
func stageCopies(t Tensor) []stageCopy {
	across, texels := FoldOf(t).width, t.bytes()/16
	rows, rest := texels/across, texels%across
	pitch := across * 16
	var copies []stageCopy
	if rows > 0 {
		copies = append(copies, stageCopy{4 * t.offset, pitch, 0, rows, across})
	}
	if rest > 0 {
		c := stageCopy{4*t.offset + rows*pitch, pitch, rows, 1, rest}
		if rows > 0 && rows*pitch%dx12Copy != 0 {
			c.offset, c.row, c.height = c.offset-pitch, rows-1, 2
		}
		copies = append(copies, c)
	}
	return copies
}
