package viewer

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
)

// place is where a sheet's picture lies, by its row and its column.
func place(s *Sheet, row, column int) image.Point {
	l := s.layout()
	return image.Pt(l.columns[column], l.rows+row*l.step)
}

// first is the mean of maps that is their first: which maps it is given is seen.
func first(maps ...[]float32) []float32 { return maps[0] }

func TestNeighbors(t *testing.T) {
	s := Neighbors([]NeighborRow{
		{Query: flat(28, 28, 10), Class: "Bag", Nearest: [][]Neighbor{
			{{Image: flat(28, 28, 20), Class: "Bag"}, {Image: flat(28, 28, 30), Class: "Bag"}}, {{Image: flat(28, 28, 40), Class: "Coat"}, {Image: flat(28, 28, 50), Class: "Bag"}},
		}},
		{Query: flat(28, 28, 60), Class: "Coat", Nearest: [][]Neighbor{{{Image: flat(28, 28, 70), Class: "Coat"}}, {{Image: flat(28, 28, 80), Class: "Bag"}}}},
	}, "trained", "untrained")
	if !s.Colored || s.Groups[1].Title != "trained: same class 3 of 3" || s.Groups[2].Title != "untrained: same class 1 of 3" {
		t.Errorf("colored %v, headings %q and %q", s.Colored, s.Groups[1].Title, s.Groups[2].Title)
	}
	s.Title = "A title"
	out := s.Draw()
	for _, c := range []struct {
		row, column int
		v           uint8
		frame       color.RGBA
		what        string
	}{
		{0, 0, 10, plain, "the query"},
		{0, 1, 20, right, "the nearest by the trained network"},
		{0, 3, 40, other, "the nearest by the untrained one"},
		{0, 4, 50, right, "its second"},
		{1, 0, 60, plain, "the second query"},
		{1, 1, 70, right, "its nearest"},
		{1, 3, 80, other, "its nearest by the untrained network"},
	} {
		at, last := place(s, c.row, c.column), s.Side-1
		for _, corner := range []image.Point{{0, 0}, {last, 0}, {0, last}, {last, last}} {
			wantPixel(t, out, at.X+corner.X, at.Y+corner.Y, gray(c.v), c.what)
		}
		for _, edge := range []image.Point{{-1, 9}, {-frameWidth, -frameWidth}, {s.Side, 9}, {9, -1}, {9, s.Side}} {
			wantPixel(t, out, at.X+edge.X, at.Y+edge.Y, c.frame, "the frame of "+c.what)
		}
		wantPixel(t, out, at.X-frameWidth-1, at.Y+9, paper, "what is beside "+c.what)
		if !inked(out, image.Rect(at.X, at.Y+s.Side+frameWidth, at.X+s.Side, at.Y+s.Side+frameWidth+16)) {
			t.Errorf("%s has no caption", c.what)
		}
	}
	empty := place(s, 1, 2) // the second row has one neighbor
	wantPixel(t, out, empty.X+9, empty.Y+9, paper, "where there is no neighbor")
	if !inked(out, image.Rect(sheetMargin, sheetMargin, 200, sheetMargin+26)) {
		t.Error("there is no title")
	}
}

// Without classes nothing is counted, and no frame says right or wrong.
func TestNeighborsWithoutClasses(t *testing.T) {
	s := Neighbors([]NeighborRow{{Query: flat(8, 8, 1), Nearest: [][]Neighbor{{{Image: flat(8, 8, 2), Class: ""}}, {{Image: flat(8, 8, 3), Class: "Bag"}}}}}, "trained", "untrained")
	if s.Colored || s.Groups[1].Title != "trained" || s.Groups[2].Title != "untrained" {
		t.Errorf("colored %v, headings %q and %q", s.Colored, s.Groups[1].Title, s.Groups[2].Title)
	}
	for k, c := range s.Rows[0] {
		if c.Frame != GrayFrame {
			t.Errorf("picture %d has frame %d", k, c.Frame)
		}
	}
}

func TestAttention(t *testing.T) {
	// a 1 x 2 grid over each of two images, two heads
	maps := [][][]float32{{{0, 0.5}, {1, 0}}, {{0, 0}, {0.25, 0.5}}}
	untrained := [][][]float32{{{3, 4}, {0, 0}}, {{5, 4}, {0, 0}}}
	s := Attention([]*image.RGBA{flat(28, 14, 99), flat(28, 14, 98)}, 1, 2, first, maps, untrained)
	out := s.Draw()
	over := func(v uint8, c color.RGBA) color.RGBA {
		opacity := overlayOpacity * 256
		mix := func(a, b uint8) uint8 {
			return uint8((uint32(a)*(256-uint32(opacity)) + uint32(b)*uint32(opacity)) >> 8)
		}
		return color.RGBA{mix(v, c.R), mix(v, c.G), mix(v, c.B), 255}
	}
	low, high := Inferno.At(0), Inferno.At(1)
	for _, c := range []struct {
		row, column int
		left, right color.RGBA
		what        string
	}{
		{0, 0, gray(99), gray(99), "the image"},
		{0, 1, over(99, low), over(99, high), "head 1"},
		{0, 2, over(99, high), over(99, low), "head 2"},
		{0, 3, over(99, low), over(99, high), "the mean"},
		{0, 4, over(99, low), over(99, high), "the untrained mean"},
		{1, 0, gray(98), gray(98), "the second image"},
		{1, 1, over(98, low), over(98, low), "a map of zeros"},
		{1, 2, over(98, low), over(98, high), "the second image's head 2"},
		{1, 4, over(98, high), over(98, low), "the second image's untrained mean"},
	} {
		at := place(s, c.row, c.column)
		y := at.Y + s.Side/2 // the picture is half as high as it is wide, and in the middle
		wantPixel(t, out, at.X, y, c.left, c.what)
		wantPixel(t, out, at.X+s.Side/2-1, y, c.left, c.what+", end of the first patch")
		wantPixel(t, out, at.X+s.Side/2, y, c.right, c.what+", start of the second patch")
		wantPixel(t, out, at.X+s.Side-1, y, c.right, c.what)
		wantPixel(t, out, at.X+9, at.Y+s.Side/4-2, paper, "above "+c.what)
	}
	if got := s.Groups[1].Columns; len(got) != 3 || got[0] != "head 1" || got[1] != "head 2" {
		t.Errorf("the trained network's columns are %q", got)
	}
}

// A weight that is no number shows as such and leaves the others as they are.
func TestAttentionNotFinite(t *testing.T) {
	nan := float32(math.NaN())
	s := Attention([]*image.RGBA{flat(28, 28, 0)}, 1, 2, first, [][][]float32{{{nan, 1}}}, nil)
	for _, p := range s.Rows[0][1].Patches {
		if p != broken && p != Inferno.At(0) {
			t.Errorf("a map of NaN and one weight has the color %v", p)
		}
	}
	if s.Rows[0][1].Patches[0] != broken {
		t.Error("NaN is not marked")
	}
}

func TestAttentionPanicsOnAnotherGrid(t *testing.T) {
	defer func() {
		if s, _ := recover().(string); !strings.HasPrefix(s, "viewer: ") {
			t.Errorf("it says %q", s)
		}
	}()
	Attention([]*image.RGBA{flat(28, 28, 0)}, 2, 2, first, [][][]float32{{{1, 2, 3}}}, nil)
}

// Three images lie in two rows; one basis and one scale serve all.
func TestPrincipal(t *testing.T) {
	scores := [][]float64{{0, 0, 0}, {10, 5, 0}, {5, 10, 0}}
	all := []float64{0, 0, 0, 10, 5, 0, 5, 10, 0}
	s := Principal([]*image.RGBA{flat(8, 8, 1), flat(8, 8, 2), flat(8, 8, 3)}, scores, all, 1, 1)
	out := s.Draw()
	for _, c := range []struct {
		row, column int
		want        color.RGBA
	}{
		{0, 0, gray(1)},
		{0, 1, color.RGBA{0, 0, 0, 255}},
		{0, 2, gray(2)},
		{0, 3, color.RGBA{255, 128, 0, 255}},
		{1, 0, gray(3)},
		{1, 1, color.RGBA{128, 255, 0, 255}},
	} {
		at := place(s, c.row, c.column)
		wantPixel(t, out, at.X+5, at.Y+5, c.want, "a picture")
	}
}

// Words stay on the page however narrow it is, and push the pictures down.
func TestSheetOfManyWords(t *testing.T) {
	s := &Sheet{
		Title: strings.Repeat("long words ", 40), Notes: strings.Repeat("notes ", 300), Side: 40,
		Groups: []SheetGroup{{Title: "a heading that is wider than its column", Columns: []string{"one"}}},
		Rows:   [][]Cell{{{Picture: Picture{Image: flat(4, 4, 7), Marked: -1}}}},
	}
	out := s.Draw()
	at := place(s, 0, 0)
	wantPixel(t, out, at.X, at.Y, gray(7), "the picture")
	wantPixel(t, out, at.X+39, at.Y+39, gray(7), "the picture's end")
	if w := out.Bounds().Dx(); w != leastWidth {
		t.Errorf("the sheet is %d wide", w)
	}
	for y := range out.Bounds().Dy() {
		for _, x := range []int{sheetMargin / 2, out.Bounds().Dx() - sheetMargin/2} {
			wantPixel(t, out, x, y, paper, "the margin")
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	for _, s := range []*Sheet{Neighbors(nil), Attention(nil, 2, 2, first, nil, nil), Principal(nil, nil, nil, 2, 2), {}} {
		if s.Draw().Bounds().Empty() {
			t.Error("a sheet without rows is empty, which no PNG can be")
		}
	}
}

// A small copy keeps the shape of its image.
func TestSmall(t *testing.T) {
	for _, c := range []struct{ w, h, wantW, wantH int }{{28, 28, 28, 28}, {224, 100, 224, 100}, {225, 100, 224, 99}, {1000, 3, 224, 1}, {3, 5000, 1, 224}} {
		im := augment.NewImage(c.w, c.h)
		for i := range im.Pix {
			im.Pix[i] = 9
		}
		if got := Small(im); got.W != c.wantW || got.H != c.wantH || got.Pix[0] != 9 {
			t.Errorf("%d x %d becomes %d x %d", c.w, c.h, got.W, got.H)
		}
	}
}

// Captions stand where classes would, and a query of an unknown class colors nothing.
func TestNeighborCaptions(t *testing.T) {
	row := NeighborRow{Query: flat(8, 8, 1), Caption: "a.png", Nearest: [][]Neighbor{{{Image: flat(8, 8, 2), Class: "Bag", Caption: "0.91"}}}}
	s := Neighbors([]NeighborRow{row}, "nearest")
	if q, n := s.Rows[0][0], s.Rows[0][1]; q.Caption != "a.png" || n.Caption != "0.91" || n.Frame != GrayFrame || s.Colored {
		t.Errorf("captions %q and %q, frame %d, colored %v", q.Caption, n.Caption, n.Frame, s.Colored)
	}
	row.Class = "Coat"
	if s := Neighbors([]NeighborRow{row}, "nearest"); s.Rows[0][1].Frame != PaleFrame || !s.Colored {
		t.Errorf("another class: frame %d, colored %v", s.Rows[0][1].Frame, s.Colored)
	}
}
