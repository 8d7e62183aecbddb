package augment

// The color steps work in place on interleaved RGB bytes and round to 8 bits
// after each step, exactly as Pillow's ImageEnhance and ImageOps do; their
// factors are torchvision's: 1 leaves an image as it is.

// blend is Pillow's Image.blend of one byte, from a towards b: 32-bit floats,
// cut (not rounded) to a byte.
func blend(a, b uint8, f float32) uint8 {
	// The inner conversion keeps compilers from fusing multiply and add,
	// which would round differently on some processors.
	v := float32(int32(a)) + float32(f*float32(int32(b)-int32(a)))
	return uint8(max(0, min(255, v)))
}

// Brightness blends with black: f 0 is black, 1 the image.
func Brightness(pix []uint8, f float64) {
	blendConstant(pix, 0, float32(f))
}

// Contrast blends with the mean luma of the whole crop, rounded to a byte.
func Contrast(pix []uint8, f float64) {
	if len(pix) < 3 {
		return
	}
	sum := 0
	for p := pix; len(p) >= 3; p = p[3:] {
		sum += int(luma(p[0], p[1], p[2]))
	}
	mean := float64(sum) / float64(len(pix)/3)
	blendConstant(pix, uint8(int(mean+0.5)), float32(f))
}

// blendConstant blends from one gray towards the image, by a table.
func blendConstant(pix []uint8, from uint8, f float32) {
	var table [256]uint8
	for v := range table {
		table[v] = blend(from, uint8(v), f)
	}
	for ; len(pix) >= 4; pix = pix[4:] {
		pix[0], pix[1], pix[2], pix[3] = table[pix[0]], table[pix[1]], table[pix[2]], table[pix[3]]
	}
	for i, v := range pix {
		pix[i] = table[v]
	}
}

// Saturation blends with each pixel's luma: f 0 is gray, 1 the image.
func Saturation(pix []uint8, f float64) {
	// What blend adds to the luma for each difference from it, no more than
	// what leaves the range anyway.
	var table [511]float32
	for d := range table {
		table[d] = max(-512, min(512, float32(float32(f)*float32(d-255))))
	}
	for p := pix; len(p) >= 3; p = p[3:] {
		l := luma(p[0], p[1], p[2])
		from, diff := float32(int32(l)), table[255-int(l):][:256]
		r, g, b := int32(from+diff[p[0]]), int32(from+diff[p[1]]), int32(from+diff[p[2]])
		if uint32(r|g|b) > 255 {
			r, g, b = max(0, min(255, r)), max(0, min(255, g)), max(0, min(255, b))
		}
		p[0], p[1], p[2] = uint8(r), uint8(g), uint8(b)
	}
}

// Grayscale writes each pixel's luma into its three colors.
func Grayscale(pix []uint8) {
	for p := pix; len(p) >= 3; p = p[3:] {
		l := luma(p[0], p[1], p[2])
		p[0], p[1], p[2] = l, l, l
	}
}

// Solarize inverts the bytes from 128 on.
func Solarize(pix []uint8) {
	for i, v := range pix {
		if v >= 128 {
			pix[i] = 255 - v
		}
	}
}

// Flip mirrors a crop of w pixels per row left to right.
func Flip(pix []uint8, w int) {
	for row := pix; w > 0 && len(row) >= w*3; row = row[w*3:] {
		for l, r := 0, (w-1)*3; l < r; l, r = l+3, r-3 {
			for c := range 3 {
				row[l+c], row[r+c] = row[r+c], row[l+c]
			}
		}
	}
}

// luma is Pillow's convert("L"): (299 R + 587 G + 114 B)/1000 in 16-bit fixed
// point, rounded.
func luma(r, g, b uint8) uint8 {
	return uint8((uint32(r)*19595 + uint32(g)*38470 + uint32(b)*7471 + 0x8000) >> 16)
}
