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
	Help   []string // lines laid over the page, a tab between a key and what it does; nil: none
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

// pictures draws the main picture at the left and the groups beside it, the last of them below it where that is better.
func (c *Composer) pictures(p *Page, area image.Rectangle) {
	aspect := p.Main.aspect()
	l := layout{main: within(aspect, image.Pt(area.Dx(), area.Dy()-c.small.Height)), gap: 2 * c.px(16)}
	if len(p.Groups) > 0 {
		l = c.share(p.Groups, aspect, area.Size(), l.gap)
	}
	c.Places.Main = image.Rectangle{Max: l.main}.Add(area.Min)
	c.draw(&p.Main, c.Places.Main, p.Part)
	beside := image.Rect(area.Min.X+l.main.X+l.gap, area.Min.Y, area.Max.X, area.Max.Y)
	if len(p.Groups) == 0 || beside.Dx() < 8 {
		return
	}
	y := beside.Min.Y
	for i, g := range p.Groups {
		if l.below > 0 && i == len(p.Groups)-1 {
			left := image.Pt(area.Min.X, c.Places.Main.Max.Y+c.small.Height+c.px(14))
			c.group(g, left, l.main.X, l.below, l.cell)
			break
		}
		c.group(g, image.Pt(beside.Min.X, y), beside.Dx(), l.columns, l.cell)
		y += c.heightOf(len(g.Pictures), l.columns, l.cell)
	}
}

// group draws a group's pictures, so many in a row, under its title.
func (c *Composer) group(g Group, at image.Point, wide, columns int, cell image.Point) {
	c.strong.Write(c.out, at.X, at.Y, wide, g.Title, ink)
	at.Y += c.strong.Height + c.px(4)
	var places []image.Rectangle
	for i := range g.Pictures {
		corner := at.Add(image.Pt(i%columns*(cell.X+c.px(8)), i/columns*(cell.Y+c.small.Height+c.px(8))))
		place := image.Rectangle{Max: cell}.Add(corner)
		places = append(places, place)
		c.draw(&g.Pictures[i], place, Whole)
	}
	c.Places.Groups = append(c.Places.Groups, places)
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

// help lays lines over the middle of the page. What stands before a tab in them has a column of its own.
func (c *Composer) help(lines []string) {
	keys, wide := 0, 0
	for _, s := range lines {
		if key, _, ok := strings.Cut(s, "\t"); ok {
			keys = max(keys, c.strong.Width(key)+c.px(16))
		}
	}
	for _, s := range lines {
		if _, what, ok := strings.Cut(s, "\t"); ok {
			wide = max(wide, keys+c.small.Width(what))
		} else {
			wide = max(wide, c.small.Width(s))
		}
	}
	size := image.Pt(wide+2*c.px(20), len(lines)*(c.small.Height+c.px(3))+2*c.px(16))
	box := image.Rectangle{Max: size}.Add(c.out.Rect.Size().Sub(size).Div(2)).Intersect(c.out.Rect)
	draw.Draw(c.out, box, image.NewUniform(ink), image.Point{}, draw.Src)
	for i, s := range lines {
		x, y := box.Min.X+c.px(20), box.Min.Y+c.px(16)+i*(c.small.Height+c.px(3))
		if key, what, ok := strings.Cut(s, "\t"); ok {
			c.strong.Write(c.out, x, y, keys, key, paper)
			s, x = what, x+keys
		}
		c.small.Write(c.out, x, y, box.Max.X-c.px(20)-x, s, paper)
	}
}
