package viewer

import (
	"cmp"
	"image"
	"image/color"
	"slices"

	"github.com/dinogpu/dinogpu/augment"
)

// A NeighborRow is a query and its nearest images, the nearest first.
type NeighborRow struct {
	Query   *augment.Image
	Class   string // empty: unknown
	Caption string // what stands under it; empty: its class
	Nearest []Neighbor
}

// A Neighbor is one of the images near a query.
type Neighbor struct {
	Image   *augment.Image
	Class   string
	Caption string
}

// Neighbors is Sheet for queries and their nearest images.
func Neighbors(rows []NeighborRow) *image.RGBA { return Sheet("Query and nearest images", rows) }

// Sheet draws a row for each query under a title: the query in gray at the left, then its nearest images, framed green
// if its class is the query's, red if not, and gray if either class is unknown. Small images are
// enlarged without smoothing. Where there are colors the title says what they mean.
func Sheet(title string, rows []NeighborRow) *image.RGBA {
	if slices.ContainsFunc(rows, colored) {
		title += ": green the same class, red another"
	}
	var size image.Point
	across := 1
	for _, r := range rows {
		size = room(size, fitted(r.Query))
		for _, n := range r.Nearest {
			size = room(size, fitted(n.Image))
		}
		across = max(across, 1+len(r.Nearest))
	}
	stepX, stepY := size.X+2*gap, size.Y+caption+2*gap
	width := max(across*stepX+2*gap, letter*len(title)+2*gap)
	sheet := newSheet(width, len(rows)*stepY+caption+gap)
	text(sheet, gap, 2, width-2*gap, title)
	for i, r := range rows {
		y := caption + gap + i*stepY
		outline(sheet, put(sheet, r.Query, gap, y), plain)
		text(sheet, gap, y+size.Y+frame, size.X+gap, cmp.Or(r.Caption, r.Class))
		for k, n := range r.Nearest {
			x := 2*gap + (k+1)*stepX
			outline(sheet, put(sheet, n.Image, x, y), frameOf(r, n))
			text(sheet, x, y+size.Y+frame, size.X+gap, cmp.Or(n.Caption, n.Class))
		}
	}
	return sheet
}

func frameOf(r NeighborRow, n Neighbor) color.RGBA {
	switch {
	case n.Class == "" || r.Class == "":
		return plain
	case n.Class == r.Class:
		return right
	}
	return wrong
}

// colored tells whether a row has frames that are not gray.
func colored(r NeighborRow) bool {
	return slices.ContainsFunc(r.Nearest, func(n Neighbor) bool { return frameOf(r, n) != plain })
}
