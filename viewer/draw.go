package viewer

import (
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/dinogpu/dinogpu/augment"
)

// The measures of a sheet, in pixels.
const (
	cell    = 112 // small images are enlarged up to this
	widest  = 224 // larger ones are shrunk to this
	gap     = 10
	frame   = 3
	caption = 16 // a line of text
	letter  = 7  // width of each letter of the font
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

// fitted is the size at which an image is shown: a small one is enlarged by a whole number, so that each pixel
// becomes a square; a large one is shrunk, its sides in proportion.
func fitted(im *augment.Image) image.Point {
	longer := max(im.W, im.H)
	if longer > widest {
		return image.Pt(max(1, im.W*widest/longer), max(1, im.H*widest/longer))
	}
	n := max(1, cell/max(1, longer))
	return image.Pt(im.W*n, im.H*n)
}

// Small is an image as a sheet has room for it: a large one is shrunk, so that a sheet of photographs takes little memory.
func Small(im *augment.Image) *augment.Image {
	size := fitted(im)
	if size.X >= im.W {
		return im
	}
	return augment.ResizedCrop(im, augment.Box{W: im.W, H: im.H}, size.X, size.Y)
}

// room is the size that holds each of these sizes.
func room(sizes ...image.Point) image.Point {
	var r image.Point
	for _, s := range sizes {
		r = image.Pt(max(r.X, s.X), max(r.Y, s.Y))
	}
	return r
}

// put draws an image with its top left corner at x, y, and gives the place it takes.
func put(sheet *image.RGBA, im *augment.Image, x, y int) image.Rectangle {
	src := image.NewRGBA(image.Rect(0, 0, im.W, im.H))
	for i := range im.W * im.H {
		p := im.Pix[3*i:]
		copy(src.Pix[4*i:], []uint8{p[0], p[1], p[2], 255})
	}
	size := fitted(im)
	place := image.Rectangle{Max: size}.Add(image.Pt(x, y))
	if size.X < im.W {
		xdraw.CatmullRom.Scale(sheet, place, src, src.Bounds(), draw.Src, nil)
	} else {
		xdraw.NearestNeighbor.Scale(sheet, place, src, src.Bounds(), draw.Src, nil)
	}
	return place
}

// outline draws a frame around a place.
func outline(sheet *image.RGBA, place image.Rectangle, c color.RGBA) {
	outer := place.Inset(-frame)
	for _, r := range []image.Rectangle{
		{outer.Min, image.Pt(outer.Max.X, place.Min.Y)},
		{image.Pt(outer.Min.X, place.Max.Y), outer.Max},
		{outer.Min, image.Pt(place.Min.X, outer.Max.Y)},
		{image.Pt(place.Max.X, outer.Min.Y), outer.Max},
	} {
		draw.Draw(sheet, r, image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// text writes a line whose top left corner is at x, y. Text too long for w pixels is cut and ends in dots. The
// font has ASCII alone; other letters become boxes.
func text(sheet *image.RGBA, x, y, w int, s string) {
	if letters, most := []rune(s), w/letter; len(letters) > most {
		s = string(letters[:max(0, most-2)]) + ".."
	}
	d := font.Drawer{Dst: sheet, Src: image.NewUniform(ink), Face: basicfont.Face7x13, Dot: fixed.P(x, y+12)}
	d.DrawString(s)
}
