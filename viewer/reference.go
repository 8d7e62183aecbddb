package viewer

import (
	"fmt"
	"image"
	"image/color"
)

// What the reference's visualize_attention writes, pixel by pixel.

// Stretched is the reference's img.png: normalized values (3, h, w) from their smallest, black, to their largest, white.
// Its colors are not the photo's, since one scale serves all three channels after normalization.
func Stretched(normalized []float32, w, h int) *image.RGBA {
	if len(normalized) != 3*w*h {
		panic(fmt.Sprintf("viewer: %d values for an image of %d x %d", len(normalized), w, h))
	}
	low, high := normalized[0], normalized[0]
	for _, v := range normalized {
		low, high = min(low, v), max(high, v)
	}
	if high == low {
		high = low + 1
	}
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		for k := range 3 {
			im.Pix[4*i+k] = uint8(min(max((normalized[k*w*h+i]-low)/(high-low)*255+0.5, 0), 255))
		}
		im.Pix[4*i+3] = 255
	}
	return im
}

// Enlarged is a map (gridH, gridW) in colors, each weight a square of patch x patch pixels.
func Enlarged(m []float32, gridH, gridW, patch int, c *ColorMap) *image.RGBA {
	checkGrid(len(m), gridH, gridW)
	return squares(c.Colored(m), gridH, gridW, patch)
}

// squares draws each color as a square.
func squares(colors []color.RGBA, gridH, gridW, patch int) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, gridW*patch, gridH*patch))
	for y := range gridH * patch {
		line := im.Pix[y*im.Stride:]
		for x := range gridW * patch {
			c := colors[y/patch*gridW+x/patch]
			line[4*x], line[4*x+1], line[4*x+2], line[4*x+3] = c.R, c.G, c.B, c.A
		}
	}
	return im
}

// maskColor is the reference's "random" color, which is always this one: with one instance its hue is 0.
var maskColor = color.RGBA{255, 0, 0, 255}

// Masked is im, of gridW*patch x gridH*patch pixels, with the patches that are kept covered by red at half strength.
func Masked(im *image.RGBA, kept []bool, gridH, gridW, patch int) *image.RGBA {
	checkGrid(len(kept), gridH, gridW)
	size := im.Bounds().Size()
	out := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			c := im.RGBAAt(im.Rect.Min.X+x, im.Rect.Min.Y+y)
			if keptAt(kept, gridH, gridW, patch, x, y) {
				c = color.RGBA{half(c.R, maskColor.R), half(c.G, maskColor.G), half(c.B, maskColor.B), 255}
			}
			out.SetRGBA(x, y, c)
		}
	}
	return out
}

func half(a, b uint8) uint8 { return uint8((int(a) + int(b)) / 2) }

// Contour draws the outline of the kept patches onto im: those of their pixels that have a neighbor outside.
func Contour(im *image.RGBA, kept []bool, gridH, gridW, patch int) {
	size := im.Bounds().Size()
	in := func(x, y int) bool {
		return x >= 0 && y >= 0 && x < size.X && y < size.Y && keptAt(kept, gridH, gridW, patch, x, y)
	}
	for y := range size.Y {
		for x := range size.X {
			if in(x, y) && !(in(x-1, y) && in(x+1, y) && in(x, y-1) && in(x, y+1)) {
				im.SetRGBA(im.Rect.Min.X+x, im.Rect.Min.Y+y, maskColor)
			}
		}
	}
}

// keptAt tells whether the patch at a pixel is kept; beside the grid none is.
func keptAt(kept []bool, gridH, gridW, patch, x, y int) bool {
	row, column := y/patch, x/patch
	return row < gridH && column < gridW && kept[row*gridW+column]
}

func checkGrid(n, gridH, gridW int) {
	if n != gridH*gridW {
		panic(fmt.Sprintf("viewer: a map of %d weights for a grid of %d x %d", n, gridH, gridW))
	}
}
