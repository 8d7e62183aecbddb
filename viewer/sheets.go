package viewer

import (
	"cmp"
	"fmt"
	"image"
)

// A NeighborRow is a query and its nearest images by several networks, the nearest first.
type NeighborRow struct {
	Query   *image.RGBA
	Class   string       // empty: unknown
	Caption string       // what stands under it; empty: its class
	Nearest [][]Neighbor // by each network
}

// A Neighbor is one of the images near a query.
type Neighbor struct {
	Image   *image.RGBA
	Class   string // empty: unknown
	Caption string // what stands under it; empty: its class
}

// Neighbors lays out a row for each query: the query in gray at the left, then its nearest images by each of the networks,
// framed green if their class is the query's, pale if not, gray where a class is unknown. networks are the headings; where
// all classes are known, each says how many neighbors are of their query's class. Title and Notes are left to the caller.
func Neighbors(rows []NeighborRow, networks ...string) *Sheet {
	s := &Sheet{Side: 88, Groups: []SheetGroup{{Title: "query", Columns: []string{""}}}}
	across := 0
	for _, r := range rows {
		for _, near := range r.Nearest {
			across = max(across, len(near))
		}
	}
	same, all, known := make([]int, len(networks)), make([]int, len(networks)), true // known: every class
	for _, r := range rows {
		line := []Cell{{Picture: Picture{Image: r.Query, Caption: cmp.Or(r.Caption, r.Class), Marked: -1}, Frame: GrayFrame}}
		for n := range networks {
			for k := range across {
				var c Cell
				if n < len(r.Nearest) && k < len(r.Nearest[n]) {
					near := r.Nearest[n][k]
					c = Cell{Picture{Image: near.Image, Caption: cmp.Or(near.Caption, near.Class), Marked: -1}, frameOf(r.Class, near.Class)}
					known = known && c.Frame != GrayFrame
					s.Colored = s.Colored || c.Frame != GrayFrame
					all[n]++
					if c.Frame == GreenFrame {
						same[n]++
					}
				}
				line = append(line, c)
			}
		}
		s.Rows = append(s.Rows, line)
	}
	for n, name := range networks {
		if known && all[n] > 0 {
			name += fmt.Sprintf(": same class %d of %d", same[n], all[n])
		}
		s.Groups = append(s.Groups, SheetGroup{Title: name, Columns: make([]string, across)})
	}
	return s
}

func frameOf(query, near string) Frame {
	switch {
	case query == "" || near == "":
		return GrayFrame
	case query == near:
		return GreenFrame
	}
	return PaleFrame
}

// overlayOpacity lets an image be seen through the map that lies over it.
const overlayOpacity = 0.75

// Attention lays out a row for each image: the image, each head's map (gridH, gridW) laid over it in Inferno, their mean,
// and the mean of the untrained network's maps. maps[i][h] is image i's; mean makes one map of several. Each map goes from
// its own least weight to its largest. Title and Notes are left to the caller.
func Attention(images []*image.RGBA, gridH, gridW int, mean func(maps ...[]float32) []float32, maps, untrained [][][]float32) *Sheet {
	s := &Sheet{Side: 168}
	heads := 0
	for i, im := range images {
		line := []Cell{{Picture: Picture{Image: im, Marked: -1}}}
		heads = max(heads, len(maps[i]))
		all := append(maps[i][:len(maps[i]):len(maps[i])], mean(maps[i]...))
		if i < len(untrained) {
			all = append(all, mean(untrained[i]...))
		}
		for _, m := range all {
			checkGrid(len(m), gridH, gridW)
			line = append(line, Cell{Picture: Picture{
				Image: im, GridH: gridH, GridW: gridW, Patches: Inferno.Colored(m), Opacity: overlayOpacity, Marked: -1,
			}})
		}
		s.Rows = append(s.Rows, line)
	}
	var names []string
	for h := range heads {
		names = append(names, fmt.Sprintf("head %d", h+1))
	}
	s.Groups = []SheetGroup{
		{Title: "image", Columns: []string{""}},
		{Title: "trained", Columns: append(names, "mean of all heads")},
		{Title: "untrained", Columns: []string{"mean of all heads"}},
	}
	return s
}

// Principal lays out images beside the colors of their patches' features, two images a row. scores are each image's first
// three components (gridH, gridW, 3), all those by whose bounds they are colored. Title and Notes are left to the caller.
func Principal(images []*image.RGBA, scores [][]float64, all []float64, gridH, gridW int) *Sheet {
	s := &Sheet{Side: 200}
	low, high := Bounds(all)
	pair := SheetGroup{Columns: []string{"image", "its patches' features"}}
	for i, im := range images {
		colors := PrincipalColors(scores[i], low, high)
		checkGrid(len(colors), gridH, gridW)
		if i%2 == 0 {
			s.Rows = append(s.Rows, nil)
		}
		if i < 2 {
			s.Groups = append(s.Groups, pair)
		}
		row := &s.Rows[len(s.Rows)-1]
		*row = append(*row, Cell{Picture: Picture{Image: im, Marked: -1}}, Cell{Picture: Picture{
			GridH: gridH, GridW: gridW, Patches: colors, Opacity: 1, Marked: -1,
		}})
	}
	return s
}
