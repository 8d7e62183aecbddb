package decode

import (
	"image"
	"image/color"
)

// fromGo converts what Go's decoders give into RGB as Pillow's convert("RGB")
// does: gray is tripled, palettes looked up, 16 bits cut to the upper 8, and
// alpha dropped with the color beneath it kept as it was stored.
//
// In one thing Pillow is not followed: 16-bit gray it clips at 255, so that all
// but the darkest pixels turn white and nothing is left to learn from. X-rays
// and depth maps are stored so; they keep their upper 8 bits here, as 16-bit
// color does in both.
func fromGo(src image.Image) *Image {
	b := src.Bounds()
	im := NewImage(b.Dx(), b.Dy())
	switch s := src.(type) {
	case *image.YCbCr:
		fromWebP(im, s)
	case *image.NYCbCrA: // WebP with alpha: the color planes alone
		fromWebP(im, &s.YCbCr)
	case *image.Gray:
		for y := range im.H {
			row := s.Pix[s.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range im.W {
				im.set(x, y, row[x], row[x], row[x])
			}
		}
	case *image.RGBA: // formats without alpha: BMP, TIFF, RGB JPEG
		if !s.Opaque() {
			fromAny(im, src)
			break
		}
		for y := range im.H {
			row := s.Pix[s.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range im.W {
				im.set(x, y, row[4*x], row[4*x+1], row[4*x+2])
			}
		}
	case *image.NRGBA:
		for y := range im.H {
			row := s.Pix[s.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range im.W {
				im.set(x, y, row[4*x], row[4*x+1], row[4*x+2])
			}
		}
	case *image.Paletted:
		fromPaletted(im, s)
	default:
		fromAny(im, src)
	}
	return im
}

// fromAny asks for each pixel's color, which is slow.
func fromAny(im *Image, src image.Image) {
	b := src.Bounds()
	for y := range im.H {
		for x := range im.W {
			r, g, bl := straight(src.At(b.Min.X+x, b.Min.Y+y))
			im.set(x, y, r, g, bl)
		}
	}
}

// set writes one pixel.
func (im *Image) set(x, y int, r, g, b uint8) {
	p := im.Pix[(y*im.W+x)*3:][:3]
	p[0], p[1], p[2] = r, g, b
}

// fromPaletted looks every index up once converted. An index beyond a short
// palette is a damaged file; it becomes black rather than a panic.
func fromPaletted(im *Image, s *image.Paletted) {
	var table [256][3]uint8
	for i, c := range s.Palette {
		if i < len(table) {
			table[i][0], table[i][1], table[i][2] = straight(c)
		}
	}
	for y := range im.H {
		row := s.Pix[s.PixOffset(s.Rect.Min.X, s.Rect.Min.Y+y):]
		for x := range im.W {
			c := table[row[x]]
			im.set(x, y, c[0], c[1], c[2])
		}
	}
}

// straight gives a color's stored bytes without its alpha. Colours that Go
// keeps multiplied by alpha are divided again; for opaque ones that changes
// nothing.
func straight(c color.Color) (r, g, b uint8) {
	switch c := c.(type) {
	case color.NRGBA:
		return c.R, c.G, c.B
	case color.NRGBA64:
		return uint8(c.R >> 8), uint8(c.G >> 8), uint8(c.B >> 8)
	case color.Gray16:
		return uint8(c.Y >> 8), uint8(c.Y >> 8), uint8(c.Y >> 8)
	case color.CMYK:
		return color.CMYKToRGB(c.C, c.M, c.Y, c.K)
	}
	n := color.NRGBA64Model.Convert(c).(color.NRGBA64)
	return uint8(n.R >> 8), uint8(n.G >> 8), uint8(n.B >> 8)
}
