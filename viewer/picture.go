package viewer

import (
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"

	"github.com/dinogpu/dinogpu/augment"
)

// A Picture is an image and what a network makes of its patches, one over the other. The grid (GridH, GridW) of patches
// is spread over the whole image, as far as its sides are whole patches.
type Picture struct {
	Caption string
	Image   *image.RGBA // may be nil where Patches covers it

	GridH, GridW int
	Patches      []color.RGBA // a color for each patch; nil: none
	Opacity      float64      // of Patches over Image, 0 to 1
	Kept         []bool       // what is not kept is darkened, and the edge drawn; nil: all is kept
	Marked       int          // a patch to draw a frame around; -1: none

	Selected bool // its frame is drawn
}

// ToRGBA is an image as pictures take it.
func ToRGBA(im *augment.Image) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, im.W, im.H))
	for i := range im.W * im.H {
		p := im.Pix[3*i:]
		copy(out.Pix[4*i:], []uint8{p[0], p[1], p[2], 255})
	}
	return out
}

// Region is the part of a picture that is shown, each side from 0 to 1.
type Region struct{ X0, Y0, X1, Y1 float64 }

// Whole shows all of a picture.
var Whole = Region{0, 0, 1, 1}

// At is the point of the picture that is shown at p of a place, from 0 to 1 each.
func (r Region) At(place image.Rectangle, p image.Point) (x, y float64) {
	x = r.X0 + (float64(p.X-place.Min.X)+0.5)/float64(place.Dx())*(r.X1-r.X0)
	y = r.Y0 + (float64(p.Y-place.Min.Y)+0.5)/float64(place.Dy())*(r.Y1-r.Y0)
	return x, y
}

// markColor frames a marked patch.
var markColor = color.RGBA{255, 60, 40, 255}

// draw draws the part of the picture into a place that lies within dst. scaled gives its image in the place's size.
func (p *Picture) draw(dst *image.RGBA, place image.Rectangle, part Region, scaled *image.RGBA) {
	w, h := place.Dx(), place.Dy()
	columns, rows := make([]int, w), make([]int, h)
	for x := range columns {
		u, _ := part.At(place, image.Pt(place.Min.X+x, place.Min.Y))
		columns[x] = cellOf(u, p.GridW)
	}
	for y := range rows {
		_, v := part.At(place, image.Pt(place.Min.X, place.Min.Y+y))
		rows[y] = cellOf(v, p.GridH)
	}
	opacity := uint32(min(max(p.Opacity, 0), 1) * 256)
	for y, row := range rows {
		line := dst.Pix[dst.PixOffset(place.Min.X, place.Min.Y+y):][:4*w]
		if scaled != nil {
			copy(line, scaled.Pix[y*scaled.Stride:][:4*w])
		}
		if p.Patches == nil && p.Kept == nil {
			continue
		}
		for x, column := range columns {
			k := row*p.GridW + column
			d := line[4*x : 4*x+4 : 4*x+4]
			if p.Patches != nil {
				over(d, p.Patches[k], opacity)
			}
			if p.Kept != nil && !p.Kept[k] {
				d[0], d[1], d[2] = d[0]/4, d[1]/4, d[2]/4
			}
			d[3] = 255
		}
	}
	if p.Kept != nil {
		p.edges(dst, place, rows, columns)
	}
	if p.Marked >= 0 && p.GridW > 0 {
		p.mark(dst, place, part)
	}
}

// over mixes a color into a pixel, by 256ths.
func over(d []uint8, c color.RGBA, opacity uint32) {
	mix := func(a, b uint8) uint8 { return uint8((uint32(a)*(256-opacity) + uint32(b)*opacity) >> 8) }
	d[0], d[1], d[2] = mix(d[0], c.R), mix(d[1], c.G), mix(d[2], c.B)
}

func cellOf(u float64, n int) int { return min(max(int(u*float64(n)), 0), max(n-1, 0)) }

// edges draws the outline of what is kept, a pixel wide, on the kept side.
func (p *Picture) edges(dst *image.RGBA, place image.Rectangle, rows, columns []int) {
	kept := func(y, x int) bool {
		return y >= 0 && x >= 0 && y < len(rows) && x < len(columns) && p.Kept[rows[y]*p.GridW+columns[x]]
	}
	for y := range rows {
		for x := range columns {
			if kept(y, x) && !(kept(y-1, x) && kept(y+1, x) && kept(y, x-1) && kept(y, x+1)) {
				dst.SetRGBA(place.Min.X+x, place.Min.Y+y, maskColor)
			}
		}
	}
}

// mark draws a frame around the marked patch, and at least 2 pixels outside of it so that small patches are found.
func (p *Picture) mark(dst *image.RGBA, place image.Rectangle, part Region) {
	x, y := p.Marked%p.GridW, p.Marked/p.GridW
	at := func(u, from, to float64, low, size int) int { return low + int((u-from)/(to-from)*float64(size)+0.5) }
	r := image.Rect(
		at(float64(x)/float64(p.GridW), part.X0, part.X1, place.Min.X, place.Dx()),
		at(float64(y)/float64(p.GridH), part.Y0, part.Y1, place.Min.Y, place.Dy()),
		at(float64(x+1)/float64(p.GridW), part.X0, part.X1, place.Min.X, place.Dx()),
		at(float64(y+1)/float64(p.GridH), part.Y0, part.Y1, place.Min.Y, place.Dy()),
	)
	border(dst, r.Inset(-1), 1, paper, place)
	border(dst, r.Inset(-3), 2, markColor, place)
}

// border draws the inner edge of r, so many pixels wide, within a clip.
func border(dst *image.RGBA, r image.Rectangle, wide int, c color.Color, clip image.Rectangle) {
	for _, side := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, r.Min.Y+wide)},
		{image.Pt(r.Min.X, r.Max.Y-wide), r.Max},
		{r.Min, image.Pt(r.Min.X+wide, r.Max.Y)},
		{image.Pt(r.Max.X-wide, r.Min.Y), r.Max},
	} {
		draw.Draw(dst, side.Intersect(clip), image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// scaledTo is the part of an image in another size: averaged where it shrinks, each pixel a square where it grows much.
func scaledTo(im *image.RGBA, part Region, size image.Point) *image.RGBA {
	out := image.NewRGBA(image.Rectangle{Max: size})
	b := im.Bounds()
	at := func(u float64, low, n int) int { return low + int(u*float64(n)+0.5) }
	src := image.Rect(at(part.X0, b.Min.X, b.Dx()), at(part.Y0, b.Min.Y, b.Dy()), at(part.X1, b.Min.X, b.Dx()), at(part.Y1, b.Min.Y, b.Dy()))
	src = src.Intersect(b)
	if src.Empty() {
		return out
	}
	var by xdraw.Scaler
	switch {
	case size.X < src.Dx():
		by = xdraw.CatmullRom
	case size.X >= 3*src.Dx():
		by = xdraw.NearestNeighbor
	default:
		by = xdraw.ApproxBiLinear
	}
	by.Scale(out, out.Bounds(), im, src, draw.Src, nil)
	return out
}
