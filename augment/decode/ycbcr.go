package decode

import "image"

// An image stored as luma and coarser color planes becomes RGB as the C
// libraries beneath Pillow make it, and not as Go's image/color does: they
// interpolate color between its samples, and WebP's luma runs from 16 to 235.

// planes is how one format's color is spread out and turned into RGB.
type planes struct {
	// spread writes a line of color as long as dst from the plane's nearest
	// line and the next nearest (the same one at the image's edges).
	spread func(dst, near, far []uint8)
	rgb    func(dst, y, cb, cr []uint8)
}

// fromYCbCr fills im from s.
func fromYCbCr(im *Image, s *image.YCbCr, p planes) {
	b := s.Rect
	cw, ch := chromaSize(s)
	cb, cr := make([]uint8, im.W), make([]uint8, im.W)
	for y := range im.H {
		at := s.YOffset(b.Min.X, b.Min.Y+y)
		near := (s.COffset(b.Min.X, b.Min.Y+y) - s.COffset(b.Min.X, b.Min.Y)) / max(1, s.CStride)
		far := near
		if ch < im.H { // the line that this one leans to
			far = min(max(near-1+y%2*2, 0), ch-1)
		}
		n, f := near*s.CStride, far*s.CStride
		p.spread(cb, s.Cb[n:][:cw], s.Cb[f:][:cw])
		p.spread(cr, s.Cr[n:][:cw], s.Cr[f:][:cw])
		p.rgb(im.Pix[y*im.W*3:][:im.W*3], s.Y[at:][:im.W], cb, cr)
	}
}

// chromaSize is how many color samples an image has across and down.
func chromaSize(s *image.YCbCr) (w, h int) {
	w, h = s.Rect.Dx(), s.Rect.Dy()
	switch s.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		return (w + 1) / 2, h
	case image.YCbCrSubsampleRatio420:
		return (w + 1) / 2, (h + 1) / 2
	case image.YCbCrSubsampleRatio440:
		return w, (h + 1) / 2
	case image.YCbCrSubsampleRatio411:
		return (w + 3) / 4, h
	case image.YCbCrSubsampleRatio410:
		return (w + 3) / 4, (h + 1) / 2
	}
	return w, h
}

// jpegPlanes is libjpeg's way: jdsample.c's "fancy" interpolation where color
// is halved, repeated samples where it is coarser.
func jpegPlanes(ratio image.YCbCrSubsampleRatio) planes {
	spread := repeat
	switch ratio {
	case image.YCbCrSubsampleRatio422:
		spread = func(dst, near, _ []uint8) {
			if len(near) <= 2 {
				repeat(dst, near, nil)
				return
			}
			fancyAcross(dst, near)
		}
	case image.YCbCrSubsampleRatio420:
		spread = func(dst, near, far []uint8) {
			if len(near) <= 2 {
				repeat(dst, near, nil)
				return
			}
			fancyBoth(dst, near, far)
		}
	case image.YCbCrSubsampleRatio444:
		spread = func(dst, near, _ []uint8) { copy(dst, near) }
	}
	return planes{spread: spread, rgb: jpegRGB}
}

// repeat gives each sample as often as it takes to fill dst.
func repeat(dst, near, _ []uint8) {
	shift := 0
	for (len(dst)+1<<shift-1)>>shift > len(near) {
		shift++
	}
	for x := range dst {
		dst[x] = near[x>>shift]
	}
}

// fancyAcross is h2v1_fancy_upsample: three parts of the nearest sample, one
// of the next nearest, rounding down and up in turns.
func fancyAcross(dst, near []uint8) {
	left, last := int(near[0]), len(near)-1
	for c, v := range near {
		this := int(v)
		right := int(near[min(c+1, last)])
		dst[2*c] = uint8((3*this + left + 1) >> 2)
		if 2*c+1 < len(dst) {
			dst[2*c+1] = uint8((3*this + right + 2) >> 2)
		}
		left = this
	}
}

// fancyBoth is h2v2_fancy_upsample: the same along both axes.
func fancyBoth(dst, near, far []uint8) {
	far = far[:len(near)]
	last := len(near) - 1
	this := 3*int(near[0]) + int(far[0])
	left := this
	for c := range near {
		next := min(c+1, last)
		right := 3*int(near[next]) + int(far[next])
		dst[2*c] = uint8((3*this + left + 8) >> 4)
		if 2*c+1 < len(dst) {
			dst[2*c+1] = uint8((3*this + right + 7) >> 4)
		}
		left, this = this, right
	}
}

// jpegRGB is libjpeg's ycc_rgb_convert (jdcolor.c): JFIF's formula in 16-bit
// fixed point.
func jpegRGB(dst, y, cb, cr []uint8) {
	const half = 1 << 15
	cb, cr = cb[:len(y)], cr[:len(y)]
	dst = dst[:3*len(y)]
	for i, v := range y {
		l, b, r := int32(v), int32(cb[i])-128, int32(cr[i])-128
		d := dst[3*i:][:3]
		d[0] = byteOf(l + (91881*r+half)>>16)
		d[1] = byteOf(l + (half-22554*b-46802*r)>>16)
		d[2] = byteOf(l + (116130*b+half)>>16)
	}
}

// webpPlanes is libwebp's way (dsp/upsampling.c, dsp/yuv.h).
var webpPlanes = planes{spread: webpSpread, rgb: webpRGB}

// webpSpread gives nine parts of the nearest sample, three of each neighbour
// and one of the one between those, in libwebp's order of rounding.
func webpSpread(dst, near, far []uint8) {
	last := len(near) - 1
	for x := range dst {
		c := x >> 1
		o := min(max(c-1+x%2*2, 0), last)
		a, b, d, e := int(near[c]), int(near[o]), int(far[c]), int(far[o])
		dst[x] = uint8(((a+b+d+e+8+2*(b+d))>>3 + a) >> 1)
	}
}

// webpRGB is VP8YUVToR, G and B: BT.601 with luma from 16 to 235, in 14-bit
// fixed point.
func webpRGB(dst, y, cb, cr []uint8) {
	for i, v := range y {
		l, b, r := int32(v)*19077>>8, int32(cb[i]), int32(cr[i])
		d := dst[3*i:][:3]
		d[0] = byteOf((l + r*26149>>8 - 14234) >> 6)
		d[1] = byteOf((l - b*6419>>8 - r*13320>>8 + 8708) >> 6)
		d[2] = byteOf((l + b*33050>>8 - 17685) >> 6)
	}
}

// byteOf clamps to a byte.
func byteOf(v int32) uint8 { return uint8(max(0, min(255, v))) }
