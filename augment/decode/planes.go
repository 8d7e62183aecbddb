package decode

import "encoding/binary"

// An image stored as planes, some of them coarser, becomes RGB as the C libraries
// beneath Pillow make it, and not as Go's image/color does: they interpolate
// color between its samples, and WebP's luma runs from 16 to 235.

// plane is one component's samples, w x h of them; the image has across times
// as many pixels in a row, and down times as many rows.
type plane struct {
	pix          []uint8
	stride, w, h int
	across, down int
}

// line gives row y of the image, as libjpeg's jdsample.c makes it: "fancy"
// interpolation where samples are halved, repeated ones where they are coarser.
// It may lie in buf, which is as long as a row of the image.
func (p *plane) line(buf []uint8, y int) []uint8 {
	at := y / p.down
	near := p.pix[at*p.stride:][:p.w]
	far := near
	if p.down == 2 { // the line that this one leans to
		if o := at - 1 + y%2*2; o >= 0 && o < p.h {
			far = p.pix[o*p.stride:][:p.w]
		}
	}
	switch {
	case p.across == 1 && p.down == 1:
		return near
	case p.across == 1 && p.down == 2:
		fancyDown(buf, near, far, 1+y%2)
	case p.across == 2 && p.down == 1 && p.w > 2:
		fancyAcross(buf, near)
	case p.across == 2 && p.down == 2 && p.w > 2:
		fancyBoth(buf, near, far)
	default:
		for x := range buf {
			buf[x] = near[x/p.across]
		}
	}
	return buf
}

// fancyDown is h1v2_fancy_upsample: three parts of the nearest sample, one of the
// next nearest, rounded by bias.
func fancyDown(dst, near, far []uint8, bias int) {
	far, dst = far[:len(near)], dst[:len(near)]
	for x, v := range near {
		dst[x] = uint8((3*int(v) + int(far[x]) + bias) >> 2)
	}
}

// fancyAcross is h2v1_fancy_upsample: the same along a row, rounding down and up
// in turns.
func fancyAcross(dst, near []uint8) { fancyRow(dst, near, near, 7, 8) }

// fancyBoth is h2v2_fancy_upsample: the same along both axes, rounding up and
// down in turns.
func fancyBoth(dst, near, far []uint8) { fancyRow(dst, near, far, 8, 7) }

// fancyRow makes two pixels of each s = 3 near + far: three parts of it and one of
// the s to its left or right, rounded by even or odd of 16. It works on four at
// once, in 16 bits each.
func fancyRow(dst, near, far []uint8, even, odd uint64) {
	far = far[:len(near)]
	last := len(near) - 1
	one := func(at int) uint64 { return 3*uint64(near[at]) + uint64(far[at]) }
	left, at := one(0), 0
	if len(near) >= 8 {
		const every, low = 0x0001_0001_0001_0001, 0x00ff_00ff_00ff_00ff
		evens, odds := even*every, odd*every
		this := 3*lanes(near) + lanes(far)
		for ; at+8 <= len(near); at += 4 {
			next := 3*lanes(near[at+4:]) + lanes(far[at+4:])
			a := (3*this + (this<<16 | left) + evens) >> 4 & low
			b := (3*this + (this>>16 | next<<48) + odds) >> 4 & low
			binary.LittleEndian.PutUint64(dst[2*at:], a|b<<8)
			left, this = this>>48, next
		}
	}
	for ; at <= last; at++ {
		this := one(at)
		dst[2*at] = uint8((3*this + left + even) >> 4)
		if 2*at+1 < len(dst) {
			dst[2*at+1] = uint8((3*this + one(min(at+1, last)) + odd) >> 4)
		}
		left = this
	}
}

// lanes spreads four samples to 16 bits each.
func lanes(b []uint8) uint64 {
	v := uint64(binary.LittleEndian.Uint32(b))
	v = (v | v<<16) & 0x0000ffff_0000ffff
	return (v | v<<8) & 0x00ff00ff_00ff00ff
}
