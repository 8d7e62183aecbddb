package eval

import (
	"image"
	"image/color"
	"image/png"
	"io"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// WriteMask writes labels (h, w) as a palette PNG, whole or not at all, with the colors that DAVIS and VOC give them.
func WriteMask(path string, labels []uint8, w, h int) error {
	im := &image.Paletted{Pix: labels, Stride: w, Rect: image.Rect(0, 0, w, h), Palette: labelColors()}
	return disk.WriteFile(path, func(out io.Writer) error { return png.Encode(out, im) })
}

// labelColors are VOC's: the bits of a label, three at a time from the lowest on, are the highest bits of red, green and
// blue, then the next ones.
func labelColors() color.Palette {
	colors := make(color.Palette, 256)
	for label := range colors {
		c := [3]uint8{}
		for bit := range 8 {
			c[bit%3] |= uint8(label>>bit&1) << (7 - bit/3)
		}
		colors[label] = color.RGBA{c[0], c[1], c[2], 255}
	}
	return colors
}
