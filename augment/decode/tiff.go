package decode

import (
	"errors"
	"fmt"
	"math"
)

// What samples mean (PhotometricInterpretation).
const (
	isInverse = 0 // gray, 0 is white
	isGray    = 1
	isRGB     = 2
	isPalette = 3
	isCMYK    = 5
	isYCbCr   = 6
)

// decodeTIFF gives a TIFF's first image, turned as its orientation tag says, which
// Pillow does for this format.
func decodeTIFF(data []byte, o *work) (*Image, error) {
	t, err := newTIFF(data)
	if err != nil {
		return nil, err
	}
	if err := t.known(o); err != nil {
		return nil, err
	}
	raw := t.rowBytes() * t.across * t.down * t.pieceH * t.planes()
	fax := t.packing == packedCCITT || t.packing == packedCCITT+1
	// The most that any packing gives; a fax has a bit for each row.
	if !fax && raw/4096 > o.size || fax && t.h/8 > o.size {
		return nil, refuse("it says it is %d x %d pixels, more than its %d bytes can hold: replace or remove it", t.w, t.h, o.size)
	}
	if fax {
		raw *= 8
	}
	if err := o.fits(t.w, t.h, raw*5/2, 0); err != nil {
		return nil, err
	}
	im := NewImage(t.w, t.h)
	switch {
	case t.packing == packedJPEG:
		err = t.jpegs(im)
	case fax:
		err = t.fax(im)
	default:
		err = t.pixels(im, o)
	}
	if err != nil {
		return nil, err
	}
	return turned(im, t.one(tagOrientation, 1)), nil
}

// known refuses what is not read, by name.
func (t *tiff) known(o *work) error {
	colors, known := map[int]int{isInverse: 1, isGray: 1, isRGB: 3, isPalette: 1, isCMYK: 4, isYCbCr: 3}[t.meaning]
	switch {
	case t.meaning < 0:
		return errors.New("nothing says what its samples mean")
	case !known:
		return unread(map[int]string{
			4: "TIFF of a mask", 8: "TIFF in CIE L*a*b*", 9: "TIFF in ICC L*a*b*", 32803: "a camera's raw format (TIFF)",
			32844: "TIFF in LogLuv", 32845: "TIFF in LogLuv", 34892: "a camera's raw format (TIFF)",
		}[t.meaning], convertTIFF)
	case t.samples < colors:
		return fmt.Errorf("%d samples in a pixel where its colors are %d", t.samples, colors)
	case t.packing == packedJPEG:
		return nil
	case t.meaning == isYCbCr && (t.one(tagSubsampling, 2) != 1 || len(t.is[tagSubsampling]) != 2 || t.is[tagSubsampling][1] != 1):
		return unread("TIFF in YCbCr with coarse colors", convertTIFF)
	case t.meaning == isPalette && (t.bits > 8 || len(t.is[tagColors]) < 3<<t.bits || t.format != 1):
		return fmt.Errorf("a palette of %d colors for %d bits", len(t.is[tagColors])/3, t.bits)
	}
	name := map[int]string{1: "unsigned", 2: "signed", 3: "float"}[t.format]
	switch t.bits {
	case 1, 2, 4, 8, 12, 16, 32:
	case 64:
		if t.format == 3 {
			break
		}
		fallthrough
	default:
		return unread(fmt.Sprintf("TIFF with samples of %d bits", t.bits), convertTIFF)
	}
	if name == "" || t.format == 3 && t.bits != 32 && t.bits != 64 || t.format == 2 && t.bits < 8 {
		return unread(fmt.Sprintf("TIFF with samples of %d bits in format %d", t.bits, t.format), convertTIFF)
	}
	if (t.format != 1 || t.bits == 32) && o.Range == nil {
		return refuse("its samples are %s numbers of %d bits, and nothing says which range of them matters: convert it to 8 or 16 bits, for example with `%s`", name, t.bits, "magick OLD -auto-level -depth 16 NEW.png")
	}
	return nil
}

// fax makes an image of black and white.
func (t *tiff) fax(im *Image) error {
	raw, stride, err := t.unpackFax()
	if err != nil {
		return err
	}
	for y := range t.h {
		row := raw[y*stride:][:t.w]
		for x, v := range row {
			if row[x] = 255 - v; t.meaning == isPalette {
				row[x] &= 1
			}
		}
		t.color(im.Pix[3*y*t.w:][:3*t.w], row)
	}
	return nil
}

// pixels makes an image of samples.
func (t *tiff) pixels(im *Image, o *work) error {
	planes, stride := make([][]byte, t.planes()), 0
	for p := range planes {
		var err error
		if planes[p], stride, err = t.unpack(p); err != nil {
			return err
		}
	}
	each := t.samples / len(planes)
	row := make([]uint8, t.w*t.samples)
	level := t.levels(o)
	for y := range t.h {
		for p, raw := range planes {
			t.row(row[p:], len(planes), raw[y*stride:][:stride], t.w*each, level)
		}
		t.color(im.Pix[3*y*t.w:][:3*t.w], row)
	}
	return nil
}

// row makes n bytes of a row of samples, each step bytes from the one before.
func (t *tiff) row(dst []uint8, step int, src []byte, n int, level func(v float64) uint8) {
	switch {
	case t.bits == 8 && t.format == 1:
		for i, v := range src[:n] {
			dst[i*step] = v
		}
	case t.bits < 8:
		top := uint8(1<<t.bits - 1)
		for i := range n {
			at := i * t.bits
			v := src[at/8] >> (8 - t.bits - at%8) & top
			if t.meaning != isPalette {
				v = uint8(int(v) * 255 / int(top))
			}
			dst[i*step] = v
		}
	case t.bits == 16 && t.format == 1 && level == nil:
		high := 0
		if t.order.Uint16([]byte{0, 1}) != 1 { // the low byte is first
			high = 1
		}
		for i := range n {
			dst[i*step] = src[2*i+high]
		}
	case t.bits == 12:
		for i := range n {
			at := i * 12
			v := (uint16(src[at/8])<<8 | uint16(src[at/8+1])) >> (4 - at%8) & 0xfff
			if level == nil {
				dst[i*step] = uint8(v >> 4)
			} else {
				dst[i*step] = level(float64(v))
			}
		}
	default:
		for i := range n {
			dst[i*step] = level(t.number(src[i*t.bits/8:]))
		}
	}
}

// number is a sample of whole bytes.
func (t *tiff) number(b []byte) float64 {
	var v uint64
	switch t.bits {
	case 8:
		v = uint64(b[0])
	case 16:
		v = uint64(t.order.Uint16(b))
	case 32:
		v = uint64(t.order.Uint32(b))
	case 64:
		v = t.order.Uint64(b)
	}
	switch {
	case t.format == 3 && t.bits == 32:
		return float64(math.Float32frombits(uint32(v)))
	case t.format == 3:
		return math.Float64frombits(v)
	case t.format == 2:
		return float64(int64(v<<(64-t.bits)) >> (64 - t.bits))
	}
	return float64(v)
}

// levels gives what makes bytes of samples, nil where their upper bits do.
func (t *tiff) levels(o *work) func(v float64) uint8 {
	if o.Range == nil || t.format == 1 && t.bits <= 8 {
		return nil
	}
	return o.Range.level
}

// color makes a row of RGB of its samples.
func (t *tiff) color(dst, src []uint8) {
	for x := range t.w {
		s, d := src[x*t.samples:][:t.samples], dst[3*x:][:3]
		switch t.meaning {
		case isInverse:
			d[0], d[1], d[2] = 255-s[0], 255-s[0], 255-s[0]
		case isGray:
			d[0], d[1], d[2] = s[0], s[0], s[0]
		case isRGB:
			copy(d, s)
			if t.samples > 3 && t.extra == 1 {
				straighten(d, s[3])
			}
		case isPalette:
			n := 1 << t.bits
			for i := range d {
				d[i] = uint8(t.is[tagColors][i*n+int(s[0])] >> 8)
			}
		case isCMYK:
			d[0], d[1], d[2] = ink(255-s[0], 255-s[1], 255-s[2], 255-s[3])
		case isYCbCr:
			jpegRGB(d, s[:1], s[1:2], s[2:3])
		}
	}
}

// straighten undoes what multiplied a color by its alpha, as Pillow does.
func straighten(d []uint8, alpha uint8) {
	for i, v := range d {
		switch alpha {
		case 0:
			d[i] = 0
		case 255:
		default:
			d[i] = uint8(min(255, int(v)*255/int(alpha)))
		}
	}
}
