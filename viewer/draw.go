// Package viewer makes the pictures that show what a network learned: nearest neighbours, attention maps.
package viewer

import (
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/dinogpu/dinogpu/augment"
)

// The measures of a sheet, in pixels.
const (
	cell    = 112 // a picture's longer side, at least
	gap     = 10
	frame   = 3
	caption = 16 // a line of text
)

var (
	paper = color.RGBA{255, 255, 255, 255}
	ink   = color.RGBA{30, 30, 30, 255}
	right = color.RGBA{40, 160, 70, 255}
	wrong = color.RGBA{210, 60, 50, 255}
	plain = color.RGBA{120, 120, 120, 255}
)

// newSheet is an empty page.
func newSheet(w, h int) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(im, im.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	return im
}

// scaleOf is how many times a picture is enlarged.
func scaleOf(im *augment.Image) int { return max(1, cell/max(im.W, im.H)) }

// put draws a picture, each pixel as a square of scale.
func put(sheet *image.RGBA, im *augment.Image, x, y, scale int) {
	for r := range im.H * scale {
		for c := range im.W * scale {
			p := im.Pix[3*(r/scale*im.W+c/scale):]
			sheet.SetRGBA(x+c, y+r, color.RGBA{p[0], p[1], p[2], 255})
		}
	}
}

// outline draws a frame around a w x h picture at x, y.
func outline(sheet *image.RGBA, x, y, w, h int, c color.RGBA) {
	for _, r := range []image.Rectangle{
		image.Rect(x-frame, y-frame, x+w+frame, y), image.Rect(x-frame, y+h, x+w+frame, y+h+frame),
		image.Rect(x-frame, y, x, y+h), image.Rect(x+w, y, x+w+frame, y+h),
	} {
		draw.Draw(sheet, r, image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// text writes a line whose top left corner is at x, y, cut to w pixels.
func text(sheet *image.RGBA, x, y, w int, s string) {
	if most := w / 7; len(s) > most && most > 0 {
		s = s[:most]
	}
	d := font.Drawer{Dst: sheet, Src: image.NewUniform(ink), Face: basicfont.Face7x13, Dot: fixed.P(x, y+12)}
	d.DrawString(s)
}
