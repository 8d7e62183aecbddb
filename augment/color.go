package augment

import "math"

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
	for i, v := range pix {
		pix[i] = table[v]
	}
}

// Saturation blends with each pixel's luma: f 0 is gray, 1 the image.
func Saturation(pix []uint8, f float64) {
	for p := pix; len(p) >= 3; p = p[3:] {
		l := luma(p[0], p[1], p[2])
		p[0] = blend(l, p[0], float32(f))
		p[1] = blend(l, p[1], float32(f))
		p[2] = blend(l, p[2], float32(f))
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

// Hue turns every pixel's hue by f of a full circle (-0.5 to 0.5), through
// Pillow's 8-bit HSV, wrapping around.
func Hue(pix []uint8, f float64) {
	// numpy casts by cutting towards zero and wrapping, and adds modulo 256.
	shift := uint8(int(f * 255))
	for p := pix; len(p) >= 3; p = p[3:] {
		h, s, v := toHSV(p[0], p[1], p[2])
		p[0], p[1], p[2] = fromHSV(h+shift, s, v)
	}
}

// toHSV is Pillow's rgb2hsv (Convert.c, after colorsys.py).
func toHSV(r, g, b uint8) (h, s, v uint8) {
	hi, lo := max(r, g, b), min(r, g, b)
	if hi == lo {
		return 0, 0, hi
	}
	cr := float32(hi - lo)
	rc, gc, bc := float32(hi-r)/cr, float32(hi-g)/cr, float32(hi-b)/cr
	var a float32
	switch hi {
	case r:
		a = bc - gc
	case g:
		a = float32(2.0 + float64(rc) - float64(bc))
	default:
		a = float32(4.0 + float64(gc) - float64(rc))
	}
	// fmod(a/6 + 1, 1): the sum lies in [0.8, 1.9), the difference is exact.
	turn := float64(a)/6 + 1
	if turn >= 1 {
		turn--
	}
	return uint8(float64(float32(turn)) * 255), uint8(float64(cr/float32(hi)) * 255), hi
}

// fromHSV is Pillow's hsv2rgb.
func fromHSV(h, s, v uint8) (r, g, b uint8) {
	if s == 0 {
		return v, v, v
	}
	six := float64(float32(h)) * 6 / 255
	i := math.Floor(six)
	f := float64(float32(six - i))
	fs, fv := float64(float32(float64(s)/255)), float64(v)
	p := round8(fv * (1 - fs))
	q := round8(fv * (1 - float64(fs*f)))
	t := round8(fv * (1 - float64(fs*(1-f))))
	switch int(i) % 6 {
	case 0:
		return v, t, p
	case 1:
		return q, v, p
	case 2:
		return p, v, t
	case 3:
		return p, q, v
	case 4:
		return t, p, v
	}
	return v, p, q
}

// round8 rounds halves up and clamps to a byte; v is never negative here.
func round8(v float64) uint8 { return uint8(max(0, min(255, int(v+0.5)))) }
