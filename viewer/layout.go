package viewer

import "image"

// A layout is the sizes of a page's pictures.
type layout struct {
	main    image.Point
	cell    image.Point // of the small ones
	columns int         // of those beside the main picture
	below   int         // columns of the last group, which stands below the main picture; 0: it stands beside it too
	gap     int         // between the main picture and those beside it
}

// share divides a room between the main picture and the groups so that both together cover most of it, small pictures
// counted three times, since they tell most; the main picture has from seven to twelve twentieths of the width, and where
// the last group stands below it, no less than seven would give it.
func (c *Composer) share(groups []Group, aspect float64, room image.Point, gap int) (best layout) {
	pictures := 0
	for _, g := range groups {
		pictures += len(g.Pictures)
	}
	most := -1
	take := func(l layout) {
		if area := l.main.X*l.main.Y + 3*pictures*l.cell.X*l.cell.Y; area > most {
			most, best = area, l
		}
	}
	tall := room.Y - c.small.Height
	least := within(aspect, image.Pt(room.X*7/20, tall))
	last := len(groups) - 1
	for part := 70; part <= 120; part += 2 {
		l := layout{main: within(aspect, image.Pt(room.X*part/200, tall)), gap: gap}
		l.columns, l.cell = c.grid(groups, aspect, image.Pt(room.X-l.main.X-gap, room.Y))
		take(l)
		if last < 1 {
			continue
		}
		l.columns, l.cell = c.grid(groups[:last], aspect, image.Pt(room.X-l.main.X-gap, room.Y))
		n := len(groups[last].Pictures)
		l.below = min(max(1, (l.main.X+c.px(8))/(l.cell.X+c.px(8))), n)
		l.main = within(aspect, image.Pt(l.main.X, tall-c.px(14)-c.heightOf(n, l.below, l.cell)))
		if l.main.X >= max(least.X, c.widthOf(n, l.below, l.cell)) {
			take(l)
		}
	}
	return best
}

func rowsOf(n, by int) int { return (n + by - 1) / by }

// heightOf is that of a group of n pictures with its title.
func (c *Composer) heightOf(n, columns int, cell image.Point) int {
	return c.strong.Height + c.px(4) + rowsOf(n, columns)*(cell.Y+c.small.Height+c.px(8)) + c.px(6)
}

// widthOf is that of the first row of n pictures.
func (c *Composer) widthOf(n, columns int, cell image.Point) int {
	return min(n, columns)*(cell.X+c.px(8)) - c.px(8)
}

// grid finds the number of columns that makes the groups' pictures largest, and their size.
func (c *Composer) grid(groups []Group, aspect float64, room image.Point) (columns int, cell image.Point) {
	most := 1
	for _, g := range groups {
		most = max(most, len(g.Pictures))
	}
	for n := range most {
		n++
		rows, words := 0, 0
		for _, g := range groups {
			rows += rowsOf(len(g.Pictures), n)
			words += c.strong.Height + c.px(10)
		}
		each := image.Pt(
			(room.X-(n-1)*c.px(8))/n,
			(room.Y-words)/max(rows, 1)-c.small.Height-c.px(8),
		)
		if size := within(aspect, each); size.X > cell.X || columns == 0 {
			columns, cell = n, size
		}
	}
	return columns, cell
}
