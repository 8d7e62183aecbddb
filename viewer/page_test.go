package viewer

import (
	"bytes"
	"image"
	"image/color"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// photo is an image that is nowhere alike.
func photo(w, h int) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range im.Pix {
		if im.Pix[i] = uint8(i*7 + i*i/5); i%4 == 3 {
			im.Pix[i] = 255
		}
	}
	return im
}

// ramp colors a grid of patches.
func ramp(n int) []color.RGBA {
	m := make([]float32, n)
	for i := range m {
		m[i] = float32(i)
	}
	return Inferno.Colored(m)
}

// example is a page as explore makes them: heads maps, as many masks, and the image.
func example(heads, gridH, gridW, patch int) *Page {
	im := photo(gridW*patch, gridH*patch)
	base := Picture{Image: im, GridH: gridH, GridW: gridW, Marked: -1}
	p := &Page{Title: "What is seen here, said in a sentence", Notes: "and how to read it", Status: "image 1 of 1", Part: Whole, Main: base}
	p.Main.Patches, p.Main.Opacity, p.Main.Marked, p.Main.Caption = ramp(gridH*gridW), 0.6, gridW+1, "the mean"
	maps, masks := Group{Title: "Maps"}, Group{Title: "Masks"}
	for range heads {
		m, k := base, base
		m.Image, m.Patches, m.Opacity, m.Caption = nil, p.Main.Patches, 1, "head"
		k.Kept = make([]bool, gridH*gridW)
		for i := range k.Kept {
			k.Kept[i] = i%3 > 0
		}
		maps.Pictures, masks.Pictures = append(maps.Pictures, m), append(masks.Pictures, k)
	}
	maps.Pictures[0].Selected = true
	p.Groups = []Group{maps, masks, {Title: "The image", Pictures: []Picture{base}}}
	return p
}

// Pictures of any number, shape and page lie within it, do not lie over each other, and all of a group have one size; no
// page is too small or too odd to be drawn.
func TestPageOfAnySize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(-3, 2000).Draw(t, "w"), rapid.IntRange(-3, 1500).Draw(t, "h")
		scale := rapid.SampledFrom([]float64{0, 0.5, 1, 1.5, 2, 3}).Draw(t, "scale")
		p := example(rapid.IntRange(1, 16).Draw(t, "heads"), rapid.IntRange(1, 9).Draw(t, "rows"), rapid.IntRange(1, 9).Draw(t, "columns"), 4)
		if rapid.Bool().Draw(t, "help") {
			p.Help = []string{"a line", "another"}
		}
		var c Composer
		im := c.Compose(p, w, h, scale)
		if im.Rect != image.Rect(0, 0, max(w, 1), max(h, 1)) {
			t.Fatalf("the page is %v", im.Rect)
		}
		if w < 600*int(max(scale, 1)) || h < 400*int(max(scale, 1)) {
			return // too small for all of it
		}
		places := []image.Rectangle{c.Places.Main}
		for _, g := range c.Places.Groups {
			places = append(places, g...)
		}
		if want := 2*len(p.Groups[0].Pictures) + 2; len(places) != want {
			t.Fatalf("%d pictures, want %d", len(places), want)
		}
		for i, a := range places {
			if a.Empty() || !a.In(im.Rect) {
				t.Fatalf("picture %d is at %v of %v", i, a, im.Rect)
			}
			for k, b := range places[:i] {
				if a.Overlaps(b) {
					t.Fatalf("pictures %d and %d lie over each other: %v, %v", k, i, b, a)
				}
			}
			if i > 1 && a.Size() != places[1].Size() {
				t.Fatalf("picture %d is %v, others are %v", i, a.Size(), places[1].Size())
			}
		}
	})
}

// Each pixel of a picture has the color of its patch, the image's below it.
func TestPagePixels(t *testing.T) {
	p := example(3, 2, 3, 4)
	var c Composer
	im := c.Compose(p, 1200, 700, 1)
	for i, place := range c.Places.Groups[0] {
		for k, want := range p.Groups[0].Pictures[i].Patches {
			at := place.Min.Add(image.Pt((2*(k%3)+1)*place.Dx()/6, (2*(k/3)+1)*place.Dy()/4))
			wantPixel(t, im, at.X, at.Y, want, "the middle of a patch")
		}
	}
	// darkened where it is not kept: patches 0 and 3
	place := c.Places.Groups[1][1]
	plainPlace := c.Places.Groups[2][0]
	for k := range 6 {
		at := image.Pt((2*(k%3)+1)*place.Dx()/6, (2*(k/3)+1)*place.Dy()/4)
		d, a := place.Min.Add(at), plainPlace.Min.Add(at)
		want := im.RGBAAt(a.X, a.Y)
		if k%3 == 0 {
			want = color.RGBA{want.R / 4, want.G / 4, want.B / 4, 255}
		}
		wantPixel(t, im, d.X, d.Y, want, "a mask")
	}
	// the frame of the chosen picture, and none around its neighbor
	first, second := c.Places.Groups[0][0], c.Places.Groups[0][1]
	wantPixel(t, im, first.Min.X-1, first.Min.Y+5, markColor, "the frame")
	wantPixel(t, im, second.Max.X+1, second.Min.Y+5, paper, "beside another")
}

// A part of the picture is enlarged, and its patches with it.
func TestPagePart(t *testing.T) {
	p := example(1, 2, 2, 8)
	p.Main.Opacity, p.Main.Marked = 1, -1
	p.Part = Region{0.5, 0, 1, 0.5}
	var c Composer
	im := c.Compose(p, 1000, 600, 1)
	place := c.Places.Main
	for _, at := range []image.Point{place.Min, place.Max.Sub(image.Pt(1, 1)), {place.Min.X, place.Max.Y - 1}} {
		wantPixel(t, im, at.X, at.Y, p.Main.Patches[1], "the upper right patch alone")
	}
	if x, y := p.Part.At(place, place.Min); x < 0.5 || x > 0.51 || y < 0 || y > 0.01 {
		t.Errorf("the corner shows %g, %g", x, y)
	}
}

// A composer that drew other pages draws a page as a new one does.
func TestComposerForgetsNothingWrong(t *testing.T) {
	var used, fresh Composer
	p := example(2, 3, 3, 4)
	used.Compose(example(5, 2, 2, 4), 800, 600, 1)
	used.Compose(p, 800, 600, 2)
	first := bytes.Clone(used.Compose(p, 800, 600, 1).Pix)
	if !bytes.Equal(first, used.Compose(p, 800, 600, 1).Pix) || !bytes.Equal(first, fresh.Compose(p, 800, 600, 1).Pix) {
		t.Error("the same page is drawn in two ways")
	}
	if len(used.images) > 2 {
		t.Errorf("%d images are kept for a page that shows one in two sizes", len(used.images))
	}
}

// A page as large as the contact sheet, of 6 heads and 3,600 patches, of which something changed.
func BenchmarkCompose(b *testing.B) {
	p := example(7, 60, 60, 8)
	var c Composer
	c.Compose(p, 1600, 900, 1)
	for b.Loop() {
		p.Main.Opacity = 0.5 + 0.5*float64(b.N%2)
		c.Compose(p, 1600, 900, 1)
	}
}

// Words change while the mouse moves: the pictures stay where they are.
func TestWordsMoveNothing(t *testing.T) {
	var c Composer
	p := example(6, 3, 3, 4)
	c.Compose(p, 900, 500, 1)
	before := c.Places
	long := strings.Repeat("many more words than there is room for ", 20)
	p.Title, p.Notes, p.Status, p.Main.Caption, p.Groups[0].Title, p.Groups[1].Pictures[2].Caption = long, long, long, long, long, long
	c.Compose(p, 900, 500, 1)
	if !reflect.DeepEqual(c.Places, before) {
		t.Errorf("%v became %v", before, c.Places)
	}
	p.Notes = ""
	if c.Compose(p, 900, 500, 1); !reflect.DeepEqual(c.Places, before) {
		t.Errorf("without notes %v became %v", before, c.Places)
	}
}

// Pictures of usual shapes cover much of a page of a usual size: words and gaps have the rest.
func TestPageIsFull(t *testing.T) {
	for _, heads := range []int{4, 7, 13} {
		for _, grid := range []image.Point{{30, 20}, {20, 20}, {20, 30}, {32, 18}} {
			var c Composer
			c.Compose(example(heads, grid.Y, grid.X, 1), 1280, 800, 1)
			area := func(r image.Rectangle) float64 { return float64(r.Dx()*r.Dy()) / (1280 * 800) }
			main, all := area(c.Places.Main), area(c.Places.Main)
			for _, g := range c.Places.Groups {
				for _, r := range g {
					all += area(r)
				}
			}
			if main < 0.09 || all < 0.38 {
				t.Errorf("%d pictures in a group, of %v: the main one covers %.0f %%, all cover %.0f %%", heads, grid, 100*main, 100*all)
			}
		}
	}
}
