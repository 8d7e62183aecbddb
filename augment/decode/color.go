package decode

import "encoding/binary"

// colorOf is what an image's planes mean.
type colorOf int

const (
	asSaid colorOf = iota // by the file itself
	gray
	ycc // JFIF's YCbCr
	rgb
	cmyk // 255 is no ink, as Photoshop writes it and Pillow reads it
	ycck // CMYK with its first three as YCbCr
)

// join makes RGB from planes as large as im, or coarser.
func join(im *Image, planes []plane, mean colorOf) {
	var bufs, rows [4][]uint8
	for i := range planes {
		bufs[i] = make([]uint8, im.W)
	}
	for y := range im.H {
		for i := range planes {
			rows[i] = planes[i].line(bufs[i], y)[:im.W]
		}
		dst := im.Pix[y*im.W*3:][:im.W*3]
		switch mean {
		case gray:
			for x, v := range rows[0] {
				dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
			}
		case ycc:
			jpegRGB(dst, rows[0], rows[1], rows[2])
		case rgb:
			for x, v := range rows[0] {
				dst[3*x], dst[3*x+1], dst[3*x+2] = v, rows[1][x], rows[2][x]
			}
		case cmyk:
			for x := range rows[0] {
				d := dst[3*x:][:3]
				d[0], d[1], d[2] = ink(rows[0][x], rows[1][x], rows[2][x], rows[3][x])
			}
		case ycck: // libjpeg's ycck_cmyk_convert: what is RGB here is its complement
			jpegRGB(dst, rows[0], rows[1], rows[2])
			for x := range rows[0] {
				d := dst[3*x:][:3]
				d[0], d[1], d[2] = ink(255-d[0], 255-d[1], 255-d[2], rows[3][x])
			}
		}
	}
}

// ink is Pillow's cmyk2rgb of four inks that are stored inverted.
func ink(c, m, y, k uint8) (r, g, b uint8) {
	part := func(v uint8) uint8 {
		t := int(k)*int(255-v) + 128 // a product over 255, rounded
		return k - uint8((t>>8+t)>>8)
	}
	return part(c), part(m), part(y)
}

// What a Cr and a Cb sample add to a pixel: JFIF's formula in 16-bit fixed point,
// as libjpeg's build_ycc_rgb_table (jdcolor.c).
var fromCr, fromCb = func() (r [256]struct{ red, green int32 }, b [256]struct{ blue, green int32 }) {
	const half = 1 << 15
	for i := range int32(256) {
		v := i - 128
		r[i].red, r[i].green = (91881*v+half)>>16, -46802*v
		b[i].blue, b[i].green = (116130*v+half)>>16, -22554*v+half
	}
	return
}()

// jpegRGB is libjpeg's ycc_rgb_convert (jdcolor.c).
func jpegRGB(dst, y, cb, cr []uint8) {
	cb, cr = cb[:len(y)], cr[:len(y)]
	for i, l := range y {
		v, u := &fromCr[cr[i]], &fromCb[cb[i]]
		r, g, b := int32(l)+v.red, int32(l)+(v.green+u.green)>>16, int32(l)+u.blue
		// Few pixels leave the range, so a branch costs less than bounding each.
		if uint32(r|g|b) > 255 {
			r, g, b = int32(byteOf(r)), int32(byteOf(g)), int32(byteOf(b))
		}
		if len(dst) < 4 { // the last pixel
			dst[0], dst[1], dst[2] = uint8(r), uint8(g), uint8(b)
			return
		}
		// One store and a byte too much, which the next pixel overwrites.
		binary.LittleEndian.PutUint32(dst, uint32(r|g<<8|b<<16))
		dst = dst[3:]
	}
}

// byteOf clamps to a byte.
func byteOf(v int32) uint8 { return uint8(max(0, min(255, v))) }

// palette is an image's table of colors.
type palette [256][3]uint8

// fill completes a palette of n colors as Pillow does: if they are the first
// shades of gray or there are none, with the others; else black stays.
func (p *palette) fill(n int) {
	for i, c := range p[:min(n, len(p))] {
		if v := uint8(i); c != [3]uint8{v, v, v} {
			return
		}
	}
	for i := range p {
		v := uint8(i)
		p[i] = [3]uint8{v, v, v}
	}
}
