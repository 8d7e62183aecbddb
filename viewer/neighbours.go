package viewer

import (
	"image"

	"github.com/dinogpu/dinogpu/augment"
)

// A NeighbourRow is a query and its nearest pictures, the nearest first.
type NeighbourRow struct {
	Query   *augment.Image
	Class   string // empty: unknown
	Nearest []Neighbour
}

// Neighbour is a picture that a query is near to.
type Neighbour struct {
	Picture *augment.Image
	Class   string
}

// neighboursTitle stands over a sheet of neighbours.
const neighboursTitle = "Query and nearest pictures: green the same class, red another"

// Neighbours draws a row for each query: the query in grey at the left, then its nearest pictures, framed green
// where the class is the query's, red where it is not and grey where either is unknown. Small pictures are
// enlarged without smoothing.
func Neighbours(rows []NeighbourRow) *image.RGBA {
	var size image.Point
	across := 1
	for _, r := range rows {
		size = room(size, fitted(r.Query))
		for _, n := range r.Nearest {
			size = room(size, fitted(n.Picture))
		}
		across = max(across, 1+len(r.Nearest))
	}
	stepX, stepY := size.X+2*gap, size.Y+caption+2*gap
	width := max(across*stepX+2*gap, letter*len(neighboursTitle)+2*gap)
	sheet := newSheet(width, len(rows)*stepY+caption+gap)
	text(sheet, gap, 2, width-2*gap, neighboursTitle)
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
			outline(sheet, put(sheet, n.Picture, x, y), c)
			text(sheet, x, y+size.Y+frame, size.X+gap, n.Class)
		}
	}
	return sheet
}
