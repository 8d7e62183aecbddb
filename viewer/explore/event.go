package explore

import (
	"image"
	"math"
	"slices"

	"github.com/dinogpu/dinogpu/viewer"
)

// drag is the image being pulled by the mouse.
type drag struct {
	on, moved bool
	from      image.Point
	part      viewer.Region // when it began
}

// Event changes what is looked at.
func (e *Explorer) Event(v viewer.Event) (changed bool) {
	before := e.told
	if v.Kind != viewer.MouseMoved && v.Kind != viewer.MouseLeft {
		e.told = ""
	}
	at := image.Pt(v.X, v.Y)
	switch v.Kind {
	case viewer.KeyPressed:
		return e.key(v.Key) || e.told != before
	case viewer.MouseMoved:
		return e.move(at)
	case viewer.MousePressed:
		e.drag = drag{on: at.In(e.composer.Places.Main), from: at, part: e.part}
		return e.choose(at)
	case viewer.MouseReleased:
		return e.release(at)
	case viewer.MouseLeft:
		e.drag.on = false
		return e.follow(0)
	case viewer.Scrolled:
		return e.zoom(at, math.Pow(1.25, v.Scroll))
	case viewer.Dropped:
		if err := e.open(v.Paths); err != nil {
			e.told = err.Error()
		}
		return true
	}
	return false
}

// A binding is what keys do.
type binding struct {
	keys []viewer.Key
	name string // of the keys
	what string
	do   func(*Explorer) // nil: key knows
}

// bindings are all keys, in the order of the help.
func bindings() []binding {
	return []binding{
		{[]viewer.Key{'1', '2', '3', '4', '5', '6', '7', '8', '9'}, "1 to 9", "one head", nil},
		{[]viewer.Key{'0', 'm'}, "0 or m", "the mean of all heads", func(e *Explorer) { e.head = -1 }},
		{[]viewer.Key{viewer.KeyUp}, "up", "the next block", func(e *Explorer) { e.setBlock(e.block + 1) }},
		{[]viewer.Key{viewer.KeyDown}, "down", "the block before", func(e *Explorer) { e.setBlock(e.block - 1) }},
		{[]viewer.Key{'+', '='}, "+", "masks keep more of the attention", func(e *Explorer) { e.setThreshold(e.threshold + 0.05) }},
		{[]viewer.Key{'-'}, "-", "masks keep less of it", func(e *Explorer) { e.setThreshold(e.threshold - 0.05) }},
		{[]viewer.Key{'s'}, "s", "the patch's attention, or which patches have features like its own", func(e *Explorer) { e.toggle(cosine) }},
		{[]viewer.Key{'p'}, "p", "the features in color, where they were asked for", func(e *Explorer) { e.toggle(principal) }},
		{[]viewer.Key{'c'}, "c", "other colors", (*Explorer).otherColors},
		{[]viewer.Key{'.', 'o'}, ". or o", "colors cover more of the image", func(e *Explorer) { e.opacity = min(1, e.opacity+0.1) }},
		{[]viewer.Key{',', 'i'}, ", or i", "colors cover less of the image", func(e *Explorer) { e.opacity = max(0, e.opacity-0.1) }},
		{[]viewer.Key{viewer.KeyRight, viewer.KeyPageDown, 'n', ' '}, "right, n or space", "the next image", func(e *Explorer) { e.step(1) }},
		{[]viewer.Key{viewer.KeyLeft, viewer.KeyPageUp, 'b'}, "left or b", "the image before", func(e *Explorer) { e.step(-1) }},
		{[]viewer.Key{viewer.KeyHome, 'z'}, "z or Home", "the whole image again", func(e *Explorer) { e.part = viewer.Whole }},
		{[]viewer.Key{'w'}, "w", "write this page to a PNG file", (*Explorer).keep},
		{[]viewer.Key{'?', 'h', viewer.KeyF1}, "? or h", "these lines", func(e *Explorer) { e.help = !e.help }},
		{[]viewer.Key{'q', viewer.KeyEscape}, "q or Escape", "close", (*Explorer).close},
	}
}

// key does what a key says; ok is false for one that says nothing.
func (e *Explorer) key(k viewer.Key) (ok bool) {
	if 'A' <= k && k <= 'Z' {
		k += 'a' - 'A'
	}
	if '1' <= k && k <= '9' {
		if h := int(k - '1'); h < e.net.model.ViT.Heads {
			e.head = h
			e.mode = attention
		}
		return true
	}
	for _, b := range bindings() {
		if b.do != nil && slices.Contains(b.keys, k) {
			b.do(e)
			return true
		}
	}
	return false
}

func (e *Explorer) setBlock(block int) { e.block = min(max(block, 0), e.net.model.ViT.Depth-1) }

func (e *Explorer) setThreshold(share float64) {
	e.threshold = min(max(math.Round(share*100)/100, 0.05), 0.95)
}

func (e *Explorer) toggle(m mode) {
	if m == principal && !e.o.PCA {
		e.told = "principal components were not asked for"
		return
	}
	if m == cosine && !e.net.features {
		e.told = "features were not asked for"
		return
	}
	if e.mode == m {
		m = attention
	}
	e.mode = m
}

func (e *Explorer) otherColors() {
	if e.colors == viewer.Inferno {
		e.colors = viewer.Viridis
	} else {
		e.colors = viewer.Inferno
	}
}

// step goes to another image, around the ends of the list.
func (e *Explorer) step(by int) {
	e.index = ((e.index+by)%e.pictures.n + e.pictures.n) % e.pictures.n
	e.token, e.pinned, e.part = 0, false, viewer.Whole
}

func (e *Explorer) close() {
	if e.help {
		e.help = false
		return
	}
	e.done = true
}

// keep writes the page as it is shown.
func (e *Explorer) keep() {
	if e.o.Keep == nil || e.size == (image.Point{}) {
		return
	}
	path, err := e.o.Keep(e.Compose(e.size.X, e.size.Y, e.scale))
	if err != nil {
		e.told = err.Error()
		return
	}
	e.told = "written to " + path
}

// move has the token under the mouse attend, or pulls the image.
func (e *Explorer) move(at image.Point) bool {
	if e.drag.on {
		place := e.composer.Places.Main
		if d := at.Sub(e.drag.from); !e.drag.moved && d.X*d.X+d.Y*d.Y < 9 {
			return false
		}
		e.drag.moved = true
		wide, high := e.drag.part.X1-e.drag.part.X0, e.drag.part.Y1-e.drag.part.Y0
		dx := float64(at.X-e.drag.from.X) / float64(place.Dx()) * wide
		dy := float64(at.Y-e.drag.from.Y) / float64(place.Dy()) * high
		before := e.part
		e.part = inside(e.drag.part.X0-dx, e.drag.part.Y0-dy, wide, high)
		return e.part != before
	}
	return e.follow(e.tokenAt(at))
}

// follow has a token attend, unless one is pinned.
func (e *Explorer) follow(token int) bool {
	if e.pinned || e.token == token {
		return false
	}
	e.token = token
	return true
}

// tokenAt is the token whose patch is shown at a pixel, or that of the class.
func (e *Explorer) tokenAt(at image.Point) int {
	place := e.composer.Places.Main
	if e.now == nil || !at.In(place) {
		return 0
	}
	x, y := e.part.At(place, at)
	column, row := int(x*float64(e.now.gridW)), int(y*float64(e.now.gridH))
	return 1 + min(row, e.now.gridH-1)*e.now.gridW + min(column, e.now.gridW-1)
}

// choose takes the head whose small picture is at a pixel.
func (e *Explorer) choose(at image.Point) bool {
	for g, group := range e.composer.Places.Groups {
		for i, place := range group {
			switch {
			case !at.In(place):
			case g == plainGroup && i == 1:
				e.mode = principal
				return true
			case g != plainGroup:
				if e.head, e.mode = i, attention; i == len(e.maps) {
					e.head = -1
				}
				return true
			}
		}
	}
	return false
}

// release ends a drag; without one it pins the patch there, or lets go of it.
func (e *Explorer) release(at image.Point) bool {
	on, moved := e.drag.on, e.drag.moved
	e.drag = drag{}
	if !on || moved {
		return false
	}
	e.pinned = !e.pinned
	if e.pinned {
		e.token = e.tokenAt(at)
	}
	return true
}

// mostZoom is how many times the image is enlarged at most.
const mostZoom = 32

// zoom enlarges the image around a pixel.
func (e *Explorer) zoom(at image.Point, by float64) bool {
	place := e.composer.Places.Main
	if !at.In(place) || !(by > 0) {
		return false
	}
	x, y := e.part.At(place, at)
	wide := min(max((e.part.X1-e.part.X0)/by, 1.0/mostZoom), 1)
	share := wide / (e.part.X1 - e.part.X0)
	before := e.part
	e.part = inside(x-(x-e.part.X0)*share, y-(y-e.part.Y0)*share, wide, wide)
	return e.part != before
}

// inside is a region of this size moved into the picture.
func inside(x, y, wide, high float64) viewer.Region {
	x, y = min(max(x, 0), 1-wide), min(max(y, 0), 1-high)
	return viewer.Region{X0: x, Y0: y, X1: x + wide, Y1: y + high}
}
