package viewer

import (
	"image"

	"github.com/dinogpu/dinogpu/augment"
)

// A NeighbourRow is a query and its nearest pictures, the nearest first.
type NeighbourRow struct {
	Query   *augment.Image
	Class   string
	Nearest []Neighbour
}

// Neighbour is a picture that a query is near to.
type Neighbour struct {
	Picture *augment.Image
	Class   string
}

// Neighbours draws a row for each query: the query in grey at the left, then its nearest pictures, framed green
// where the class is the query's and red where it is not. All pictures have one size.
func Neighbours(rows []NeighbourRow) *image.RGBA {
	if len(rows) == 0 {
		return newSheet(1, 1)
	}
	scale := scaleOf(rows[0].Query)
	w, h := rows[0].Query.W*scale, rows[0].Query.H*scale
	across := 1
	for _, r := range rows {
		across = max(across, 1+len(r.Nearest))
	}
	stepX, stepY := w+2*gap, h+caption+2*gap
	sheet := newSheet(across*stepX+2*gap, len(rows)*stepY+caption+gap)
	text(sheet, gap, 2, stepX, "query")
	text(sheet, gap+stepX+gap, 2, across*stepX, "nearest: green the same class, red another")
	for i, r := range rows {
		y := caption + gap + i*stepY
		outline(sheet, gap, y, w, h, plain)
		put(sheet, r.Query, gap, y, scale)
		text(sheet, gap, y+h+frame, w, r.Class)
		for k, n := range r.Nearest {
			x := 2*gap + (k+1)*stepX
			c := wrong
			if n.Class == r.Class {
				c = right
			}
			outline(sheet, x, y, w, h, c)
			put(sheet, n.Picture, x, y, scale)
			text(sheet, x, y+h+frame, w, n.Class)
		}
	}
	return sheet
}
