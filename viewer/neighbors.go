package viewer

import (
	"image"

	"github.com/dinogpu/dinogpu/augment"
)

// A NeighborRow is a query and its nearest images, the nearest first.
type NeighborRow struct {
	Query   *augment.Image
	Class   string // empty: unknown
	Nearest []Neighbor
}

// A Neighbor is one of the images near a query.
type Neighbor struct {
	Image *augment.Image
	Class string
}

// neighborsTitle stands over a sheet of neighbors.
const neighborsTitle = "Query and nearest images: green the same class, red another"

// Neighbors draws a row for each query: the query in gray at the left, then its nearest images, framed green
// if its class is the query's, red if not, and gray if either class is unknown. Small images are
// enlarged without smoothing.
func Neighbors(rows []NeighborRow) *image.RGBA {
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
	width := max(across*stepX+2*gap, letter*len(neighborsTitle)+2*gap)
	sheet := newSheet(width, len(rows)*stepY+caption+gap)
	text(sheet, gap, 2, width-2*gap, neighborsTitle)
	for i, r := range rows {
		y := caption + gap + i*stepY
		outline(sheet, put(sheet, r.Query, gap, y), plain)
		text(sheet, gap, y+size.Y+frame, size.X+gap, r.Class)
		for k, n := range r.Nearest {
			x := 2*gap + (k+1)*stepX
			c := wrong
			switch {
			case n.Class == "" || r.Class == "":
				c = plain
			case n.Class == r.Class:
				c = right
			}
			outline(sheet, put(sheet, n.Image, x, y), c)
			text(sheet, x, y+size.Y+frame, size.X+gap, n.Class)
		}
	}
	return sheet
}
