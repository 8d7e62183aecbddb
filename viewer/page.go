package viewer

import (
	"image"
	"image/draw"
	"math"
	"strings"
)

// A Page is one picture of pictures: a large one at the left, groups of small ones beside it, and words that say what is
// seen. It is drawn by a [Composer].
type Page struct {
	Title string // a sentence that says what is seen
	Notes string // two lines under it: which network, which image, how to read it

	Main   Picture
	Part   Region // of Main that is shown
	Groups []Group

	Status string   // a line at the bottom
	Help   []string // lines laid over the page; nil: none
}

// A Group is small pictures under a sentence. All have the size of the page's main picture or are spread over it.
type Group struct {
	Title    string
	Pictures []Picture
}

// Places tells where the pictures of a page were drawn.
type Places struct {
	Main   image.Rectangle
	Groups [][]image.Rectangle
}

// A Composer draws pages. It remembers what it drew before, so that a page of which little changed is drawn quickly.
// It is not for several goroutines at once.
type Composer struct {
	out    *image.RGBA
	scale  float64
	title  *Letters
	strong *Letters
	small  *Letters
	images map[scaledKey]*image.RGBA
	used   map[scaledKey]bool
	Places Places // of the last page
}

type scaledKey struct {
	of   *image.RGBA
	part Region
	size image.Point
}

// Compose draws a page of w x h pixels, at least 1 x 1; text and gaps are scale times their usual size. The result is
// good until the next Compose.
func (c *Composer) Compose(p *Page, w, h int, scale float64) *image.RGBA {
	w, h = max(w, 1), max(h, 1)
	if !(scale > 0.25) {
		scale = 0.25
	}
	scale = min(scale, 8)
	if c.title == nil || c.scale != scale {
		c.scale = scale
		c.title, c.strong, c.small = NewLetters(20*scale, true), NewLetters(14*scale, true), NewLetters(13*scale, false)
	}
	if c.out == nil || c.out.Rect.Dx() != w || c.out.Rect.Dy() != h {
		c.out = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	if c.images == nil {
		c.images = map[scaledKey]*image.RGBA{}
	}
	c.used = map[scaledKey]bool{}
	draw.Draw(c.out, c.out.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
	c.page(p)
	for key := range c.images {
		if !c.used[key] {
			delete(c.images, key)
		}
	}
	return c.out
}

// px is a measure in the page's scale.
func (c *Composer) px(n float64) int { return int(n*c.scale + 0.5) }

// page lays the page out and draws it.
func (c *Composer) page(p *Page) {
	margin, line := c.px(16), c.px(4)
	area := c.out.Rect.Inset(margin)
	y := area.Min.Y
	c.title.Write(c.out, area.Min.X, y, area.Dx(), p.Title, ink)
	y += c.title.Height + line
	for _, s := range c.notes(p.Notes, area.Dx()) {
		c.small.Write(c.out, area.Min.X, y, area.Dx(), s, plain)
		y += c.small.Height
	}
	bottom := area.Max.Y
	if p.Status != "" {
		bottom -= c.small.Height
		c.small.Write(c.out, area.Min.X, bottom, area.Dx(), p.Status, plain)
	}
	area = image.Rect(area.Min.X, y+margin/2, area.Max.X, bottom-margin/2)
	c.Places = Places{}
	if area.Dx() > 0 && area.Dy() > 0 {
		c.pictures(p, area)
	}
	if p.Help != nil {
		c.help(p.Help)
	}
}

// notes are two lines, whatever is said: pictures stay where they are while words change, and under the mouse.
func (c *Composer) notes(text string, w int) [2]string {
	lines := c.small.Wrap(text, w)
	if len(lines) == 1 {
		return [2]string{lines[0], ""}
	}
	return [2]string{lines[0], strings.Join(lines[1:], " ")}
}

// pictures draws the main picture at the left and the groups beside it.
func (c *Composer) pictures(p *Page, area image.Rectangle) {
	aspect := p.Main.aspect()
	size := within(aspect, image.Pt(area.Dx(), area.Dy()-c.small.Height))
	gap := 2 * c.px(16)
	var columns int
	var cell image.Point
	if len(p.Groups) > 0 {
		size, columns, cell = c.share(p.Groups, aspect, area.Size(), gap)
	}
	c.Places.Main = image.Rectangle{Max: size}.Add(area.Min)
	c.draw(&p.Main, c.Places.Main, p.Part)
	beside := image.Rect(area.Min.X+size.X+gap, area.Min.Y, area.Max.X, area.Max.Y)
	if len(p.Groups) == 0 || beside.Dx() < 8 {
		return
	}
	y := beside.Min.Y
	for _, g := range p.Groups {
		c.strong.Write(c.out, beside.Min.X, y, beside.Dx(), g.Title, ink)
		y += c.strong.Height + c.px(4)
		var places []image.Rectangle
		for i := range g.Pictures {
			at := image.Pt(beside.Min.X+i%columns*(cell.X+c.px(8)), y+i/columns*(cell.Y+c.small.Height+c.px(8)))
			place := image.Rectangle{Max: cell}.Add(at)
			places = append(places, place)
			c.draw(&g.Pictures[i], place, Whole)
		}
		c.Places.Groups = append(c.Places.Groups, places)
		y += rowsOf(len(g.Pictures), columns)*(cell.Y+c.small.Height+c.px(8)) + c.px(6)
	}
}

// share divides a room between the main picture and the groups so that both together cover most of it, small pictures
// counted three times, since they tell most; the main picture has from seven to twelve twentieths of the width.
func (c *Composer) share(groups []Group, aspect float64, room image.Point, gap int) (size image.Point, columns int, cell image.Point) {
	pictures := 0
	for _, g := range groups {
		pictures += len(g.Pictures)
	}
	best := -1
	for twentieths := 7; twentieths <= 12; twentieths++ {
		main := within(aspect, image.Pt(room.X*twentieths/20, room.Y-c.small.Height))
		n, small := c.grid(groups, aspect, image.Pt(room.X-main.X-gap, room.Y))
		if area := main.X*main.Y + 3*pictures*small.X*small.Y; area > best {
			best, size, columns, cell = area, main, n, small
		}
	}
	return size, columns, cell
}

func rowsOf(n, by int) int { return (n + by - 1) / by }

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

// aspect is the picture's width over its height.
func (p *Picture) aspect() float64 {
	switch {
	case p.Image != nil && !p.Image.Rect.Empty():
		return float64(p.Image.Rect.Dx()) / float64(p.Image.Rect.Dy())
	case p.GridH > 0 && p.GridW > 0:
		return float64(p.GridW) / float64(p.GridH)
	}
	return 4.0 / 3
}

// within is the largest size of this aspect in a room, 1 x 1 at least.
func within(aspect float64, room image.Point) image.Point {
	w := math.Min(float64(room.X), float64(room.Y)*aspect)
	return image.Pt(max(1, int(w)), max(1, int(w/aspect)))
}

// draw draws a picture with its caption below.
func (c *Composer) draw(p *Picture, place image.Rectangle, part Region) {
	c.small.Write(c.out, place.Min.X, place.Max.Y+c.px(1), place.Dx(), p.Caption, ink)
	inside := place.Intersect(c.out.Rect)
	if inside != place || place.Empty() {
		return // the page is too small for it
	}
	if part == (Region{}) {
		part = Whole
	}
	var scaled *image.RGBA
	if p.Image != nil {
		key := scaledKey{p.Image, part, place.Size()}
		if scaled = c.images[key]; scaled == nil {
			scaled = scaledTo(p.Image, part, place.Size())
			c.images[key] = scaled
		}
		c.used[key] = true
	}
	p.draw(c.out, place, part, scaled)
	if p.Selected {
		wide := max(2, c.px(3))
		border(c.out, place.Inset(-wide), wide, markColor, c.out.Rect)
	}
}

// help lays lines over the middle of the page.
func (c *Composer) help(lines []string) {
	wide := 0
	for _, s := range lines {
		wide = max(wide, c.small.Width(s))
	}
	size := image.Pt(wide+2*c.px(20), len(lines)*(c.small.Height+c.px(3))+2*c.px(16))
	box := image.Rectangle{Max: size}.Add(c.out.Rect.Size().Sub(size).Div(2)).Intersect(c.out.Rect)
	draw.Draw(c.out, box, image.NewUniform(ink), image.Point{}, draw.Src)
	for i, s := range lines {
		y := box.Min.Y + c.px(16) + i*(c.small.Height+c.px(3))
		c.small.Write(c.out, box.Min.X+c.px(20), y, box.Dx()-2*c.px(20), s, paper)
	}
}
