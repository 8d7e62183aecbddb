package viewer

import (
	"image"
	"image/color"
	"image/draw"
)

// A Sheet is rows of pictures in groups of columns, under words that say what is seen and how to read it.
type Sheet struct {
	Title  string // a sentence that says what is seen
	Notes  string // how to read it
	Side   int    // pixels of a picture's longer side
	Groups []SheetGroup
	Rows   [][]Cell // each as long as all groups' columns; shorter ones end early

	Colored bool // some frames are green or pale
}

// A SheetGroup is columns under one heading.
type SheetGroup struct {
	Title   string
	Columns []string // a word over each; may be empty
}

// A Cell is a picture of a sheet, with its caption below.
type Cell struct {
	Picture
	Frame Frame
}

// A Frame is drawn around a picture.
type Frame int

// The frames: around a query or what nothing is known of, what is of its query's class, and what is of another.
const (
	NoFrame Frame = iota
	GrayFrame
	GreenFrame
	PaleFrame
)

var frameColors = map[Frame]color.RGBA{GrayFrame: plain, GreenFrame: right, PaleFrame: other}

// The measures of a sheet, in pixels.
const (
	sheetMargin = 20
	cellGap     = 14
	groupGap    = 26
	frameWidth  = 4
)

// leastWidth keeps a sheet of few pictures wide enough to read its words.
const leastWidth = 640

// newSheet is an empty page.
func newSheet(w, h int) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(im, im.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
	return im
}

// sheetLayout is where everything of a sheet goes.
type sheetLayout struct {
	title, strong, small      *Letters
	width, height             int
	titles, notes             []string
	groups                    [][]string // each group's heading, by lines
	columns                   []int      // the left side of each
	first                     []int      // each group's first column
	groupTop, columnTop, rows int
	step                      int // from row to row
}

// Draw draws the sheet.
func (s *Sheet) Draw() *image.RGBA {
	l := s.layout()
	out := newSheet(l.width, l.height)
	room := l.width - 2*sheetMargin
	y := sheetMargin
	for _, line := range l.titles {
		l.title.Write(out, sheetMargin, y, room, line, ink)
		y += l.title.Height
	}
	for _, line := range l.notes {
		l.small.Write(out, sheetMargin, y, room, line, plain)
		y += l.small.Height
	}
	column := 0
	for g, group := range s.Groups {
		for i, line := range l.groups[g] {
			l.strong.Write(out, l.columns[l.first[g]], l.groupTop+i*l.strong.Height, room, line, ink)
		}
		for _, name := range group.Columns {
			l.small.Write(out, l.columns[column], l.columnTop, s.Side, name, plain)
			column++
		}
	}
	for i, row := range s.Rows {
		for k := range row {
			if k < len(l.columns) {
				s.cell(out, &row[k], image.Pt(l.columns[k], l.rows+i*l.step), l.small)
			}
		}
	}
	return out
}

// layout measures the words and places the columns.
func (s *Sheet) layout() *sheetLayout {
	l := &sheetLayout{title: NewLetters(22, true), strong: NewLetters(15, true), small: NewLetters(13, false)}
	x := sheetMargin
	for g, group := range s.Groups {
		if g > 0 {
			x += groupGap - cellGap
		}
		l.first = append(l.first, len(l.columns))
		left := x
		for range group.Columns {
			l.columns = append(l.columns, x)
			x += s.Side + cellGap
		}
		l.groups = append(l.groups, l.strong.Wrap(group.Title, x-cellGap-left))
	}
	l.width = max(leastWidth, x-cellGap+sheetMargin)
	l.titles = l.title.Wrap(s.Title, l.width-2*sheetMargin)
	l.notes = l.small.Wrap(s.Notes, l.width-2*sheetMargin)
	l.groupTop = sheetMargin + len(l.titles)*l.title.Height + len(l.notes)*l.small.Height + cellGap
	lines := 0
	for _, heading := range l.groups {
		lines = max(lines, len(heading))
	}
	l.columnTop = l.groupTop + lines*l.strong.Height
	l.rows = l.columnTop + l.small.Height + frameWidth
	l.step = s.Side + l.small.Height + cellGap
	l.height = l.rows + len(s.Rows)*l.step + sheetMargin - cellGap
	return l
}

// cell draws one picture, in the middle of its place, and its caption.
func (s *Sheet) cell(out *image.RGBA, c *Cell, at image.Point, small *Letters) {
	if c.Image == nil && c.Patches == nil {
		return
	}
	size := within(c.aspect(), image.Pt(s.Side, s.Side))
	place := image.Rectangle{Max: size}.Add(at).Add(image.Pt(s.Side-size.X, s.Side-size.Y).Div(2))
	var scaled *image.RGBA
	if c.Image != nil {
		scaled = scaledTo(c.Image, Whole, size)
	}
	c.draw(out, place, Whole, scaled)
	if frame, ok := frameColors[c.Frame]; ok {
		border(out, place.Inset(-frameWidth), frameWidth, frame, out.Rect)
	}
	small.Write(out, at.X, at.Y+s.Side+frameWidth, s.Side, c.Caption, ink)
}
