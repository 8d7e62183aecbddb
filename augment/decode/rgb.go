package decode

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

// fromGo converts what image/png and x/image/webp give into RGB as Pillow's
// convert("RGB") does: gray is tripled, palettes looked up, 16 bits cut to the
// upper 8, and alpha dropped with the color beneath it kept as it was stored.
//
// In one thing Pillow is not followed: 16-bit gray it clips at 255, so that all
// but the darkest pixels turn white and nothing is left to learn from. X-rays
// and depth maps are stored so; they keep their upper 8 bits here, as 16-bit
// color does in both, or become what r says.
func fromGo(src image.Image, r *Range) (*Image, error) {
	b := src.Bounds()
	im := NewImage(b.Dx(), b.Dy())
	switch s := src.(type) {
	case *image.YCbCr:
		fromWebP(im, s)
	case *image.Gray:
		for y := range im.H {
			dst := im.Pix[3*y*im.W:][:3*im.W]
			for x, v := range s.Pix[y*s.Stride:][:im.W] {
				dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
			}
		}
	case *image.Gray16:
		r.wide(im, s.Pix, s.Stride, 1)
	case *image.RGBA: // without alpha
		fromFour(im, s.Pix, s.Stride)
	case *image.NRGBA:
		fromFour(im, s.Pix, s.Stride)
	case *image.RGBA64: // without alpha
		r.wide(im, s.Pix, s.Stride, 4)
	case *image.NRGBA64:
		r.wide(im, s.Pix, s.Stride, 4)
	case *image.Paletted:
		fromPaletted(im, s)
	default:
		return nil, fmt.Errorf("pixels of type %T", src)
	}
	return im, nil
}

// fromFour takes red, green and blue out of four bytes each.
func fromFour(im *Image, pix []uint8, stride int) {
	for y := range im.H {
		row, dst := pix[y*stride:], im.Pix[3*y*im.W:][:3*im.W]
		for x := range im.W {
			s, d := row[4*x:][:3], dst[3*x:][:3]
			d[0], d[1], d[2] = s[0], s[1], s[2]
		}
	}
}

// fromPaletted looks every index up once converted. An index beyond a short
// palette is a damaged file; it becomes black rather than a panic.
func fromPaletted(im *Image, s *image.Paletted) {
	var table palette
	for i, c := range s.Palette[:min(len(s.Palette), len(table))] {
		switch c := c.(type) {
		case color.RGBA:
			table[i] = [3]uint8{c.R, c.G, c.B}
		case color.NRGBA:
			table[i] = [3]uint8{c.R, c.G, c.B}
		}
	}
	for y := range im.H {
		for x, v := range s.Pix[y*s.Stride:][:im.W] {
			copy(im.Pix[3*(y*im.W+x):][:3], table[v][:])
		}
	}
}

// Range is a stretch of a file's own sample values, Lo below Hi.
type Range struct {
	Lo, Hi float64
	Seen   *Extent // nil: nobody asks
}

// An Extent is the least and the greatest of the samples that a Range was asked about. It is for one goroutine.
type Extent struct {
	Least, Greatest float64
	Any             bool
}

func (e *Extent) add(v float64) {
	if v != v || math.IsInf(v, 0) {
		return
	}
	if !e.Any {
		*e = Extent{v, v, true}
	}
	e.Least, e.Greatest = min(e.Least, v), max(e.Greatest, v)
}

// level is a value as a byte: 0 at Lo and below, 255 at Hi and above.
func (r *Range) level(v float64) uint8 {
	if r.Seen != nil {
		r.Seen.add(v)
	}
	if !(v > r.Lo) { // not a number, too
		return 0
	}
	return uint8(min(255, (v-r.Lo)/(r.Hi-r.Lo)*255+0.5))
}

// wide makes bytes of samples of 16 bits, the upper byte first, in pixels of one
// or four samples. Without a Range it takes that upper byte.
func (r *Range) wide(im *Image, pix []uint8, stride, samples int) {
	level := func(b []uint8) uint8 { return b[0] }
	if r != nil {
		level = func(b []uint8) uint8 { return r.level(float64(int(b[0])<<8 | int(b[1]))) }
	}
	for y := range im.H {
		row, dst := pix[y*stride:], im.Pix[3*y*im.W:][:3*im.W]
		for x := range im.W {
			s, d := row[2*samples*x:], dst[3*x:][:3]
			if d[0] = level(s); samples == 1 {
				d[1], d[2] = d[0], d[0]
			} else {
				d[1], d[2] = level(s[2:]), level(s[4:])
			}
		}
	}
}
