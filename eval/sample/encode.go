package sample

import (
	"cmp"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"path"
	"slices"
)

func (f file) encode(w io.Writer) error {
	switch {
	case f.image == nil:
		_, err := w.Write(f.text)
		return err
	case path.Ext(f.name) == ".jpg":
		return jpeg.Encode(w, f.image, &jpeg.Options{Quality: f.quality})
	default:
		return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, fewColors(f.image))
	}
}

// fewColors is an image by its colors' numbers, which makes small files, or as it is where it has more than 256.
func fewColors(from image.Image) image.Image {
	im, ok := from.(*image.RGBA)
	if !ok {
		return from
	}
	seen := map[color.RGBA]uint8{}
	var colors []color.RGBA
	size := im.Bounds()
	for y := range size.Dy() {
		for x := range size.Dx() {
			c := im.RGBAAt(x, y)
			if _, ok := seen[c]; ok {
				continue
			}
			if len(colors) == 256 {
				return from
			}
			seen[c] = 0
			colors = append(colors, c)
		}
	}
	slices.SortFunc(colors, func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(a.G, b.G), cmp.Compare(a.R, b.R), cmp.Compare(a.B, b.B))
	})
	out := image.NewPaletted(size, nil)
	for i, c := range colors {
		seen[c] = uint8(i)
		out.Palette = append(out.Palette, c)
	}
	for y := range size.Dy() {
		for x := range size.Dx() {
			out.SetColorIndex(x, y, seen[im.RGBAAt(x, y)])
		}
	}
	return out
}

// maskOf is an image of labels with the colors that DAVIS and VOC give them.
func maskOf(width, height int, labels []uint8) *image.Paletted {
	im := image.NewPaletted(image.Rect(0, 0, width, height), maskColors())
	copy(im.Pix, labels)
	return im
}

// maskColors are VOC's: the bits of a label, three at a time, are the highest bits of red, green and blue, the next, ...
func maskColors() color.Palette {
	var p color.Palette
	for label := range 256 {
		c := color.RGBA{A: 255}
		for bit, rest := 7, label; rest > 0; bit, rest = bit-1, rest>>3 {
			c.R |= uint8(rest&1) << bit
			c.G |= uint8(rest>>1&1) << bit
			c.B |= uint8(rest>>2&1) << bit
		}
		p = append(p, c)
	}
	return p
}
