package viewer

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
)

// flat is a gray image.
func flat(w, h int, v uint8) *augment.Image {
	im := augment.NewImage(w, h)
	for i := range im.Pix {
		im.Pix[i] = v
	}
	return im
}

func gray(v uint8) color.RGBA { return color.RGBA{v, v, v, 255} }

func wantPixel(t *testing.T, im *image.RGBA, x, y int, want color.RGBA, what string) {
	t.Helper()
	if got := im.RGBAAt(x, y); got != want {
		t.Errorf("%s, at %d,%d, is %v, want %v", what, x, y, got, want)
	}
}

// inked tells whether anything was written within r.
func inked(im *image.RGBA, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if im.RGBAAt(x, y) == ink {
				return true
			}
		}
	}
	return false
}

func TestNeighbors(t *testing.T) {
	row := NeighborRow{Query: flat(28, 28, 10), Class: "Bag", Nearest: []Neighbor{
		{Image: flat(28, 28, 20), Class: "Bag"}, {Image: flat(28, 28, 30), Class: "Coat"}, {Image: flat(28, 28, 40), Class: ""},
	}}
	sheet := Neighbors([]NeighborRow{row, {Query: flat(28, 28, 50), Class: "Coat"}})
	const w = 112 // 28 x 4
	if got, want := sheet.Bounds().Size(), image.Pt(4*(w+20)+20, 2*(w+36)+26); got != want {
		t.Errorf("the sheet is %v, want %v", got, want)
	}
	if !inked(sheet, image.Rect(gap, 0, 300, caption)) {
		t.Error("there is no title")
	}
	y := caption + gap
	for k, want := range []color.RGBA{plain, right, wrong, plain} {
		x := gap + k*(w+2*gap)
		if k > 0 {
			x += gap
		}
		v := uint8(10 * (k + 1))
		for _, corner := range []image.Point{{0, 0}, {w - 1, 0}, {0, w - 1}, {w - 1, w - 1}} {
			wantPixel(t, sheet, x+corner.X, y+corner.Y, gray(v), "an image's corner")
		}
		for _, at := range []image.Point{{-1, w / 2}, {-frame, -frame}, {w, w / 2}, {w / 2, -1}, {w / 2, w}, {w + frame - 1, w + frame - 1}} {
			wantPixel(t, sheet, x+at.X, y+at.Y, want, "a frame")
		}
		wantPixel(t, sheet, x-frame-1, y, paper, "what is outside the frame")
		if under := image.Rect(x, y+w+frame, x+w, y+w+frame+caption); inked(sheet, under) != (k < 3) {
			t.Errorf("image %d: the caption of its class is missing, or there is one without a class", k)
		}
	}
	wantPixel(t, sheet, gap+w/2, y+w+caption+2*gap+w/2, gray(50), "the second query")
}

// Each pixel of a small image becomes a square, and a large one is shrunk with its sides in proportion.
func TestPutSizes(t *testing.T) {
	im := augment.NewImage(2, 1)
	copy(im.Pix, []uint8{200, 0, 0, 0, 0, 100})
	sheet := newSheet(120, 120)
	if got := put(sheet, im, 3, 5); got != image.Rect(3, 5, 3+112, 5+56) {
		t.Fatalf("it takes %v", got)
	}
	wantPixel(t, sheet, 3+55, 5+55, color.RGBA{200, 0, 0, 255}, "the end of the first pixel")
	wantPixel(t, sheet, 3+56, 5, color.RGBA{0, 0, 100, 255}, "the start of the second pixel")
	wantPixel(t, sheet, 3+112, 5, paper, "what is beside the image")

	for _, c := range []struct{ w, h, wantW, wantH int }{
		{28, 28, 112, 112}, {112, 60, 112, 60}, {100, 50, 100, 50}, {224, 200, 224, 200}, {448, 224, 224, 112}, {5000, 3, 224, 1},
	} {
		if got := fitted(flat(c.w, c.h, 0)); got != image.Pt(c.wantW, c.wantH) {
			t.Errorf("%d x %d is shown as %v, want %d x %d", c.w, c.h, got, c.wantW, c.wantH)
		}
	}
	sheet = newSheet(240, 130)
	place := put(sheet, flat(448, 224, 77), 0, 0)
	wantPixel(t, sheet, place.Max.X-1, place.Max.Y-1, gray(77), "a shrunk image's corner")
}

// Images of several sizes do not lie over each other.
func TestNeighborsOfSeveralSizes(t *testing.T) {
	sheet := Neighbors([]NeighborRow{{Query: flat(28, 28, 1), Nearest: []Neighbor{
		{Image: flat(300, 300, 2), Class: ""}, {Image: flat(14, 28, 3), Class: ""},
	}}})
	for k, v := range []uint8{1, 2, 3} {
		x := gap + k*(224+2*gap)
		if k > 0 {
			x += gap
		}
		wantPixel(t, sheet, x, caption+gap, gray(v), "an image's corner")
	}
}

// A sheet without colors does not speak of them; captions stand where classes would.
func TestSheetTitleAndCaptions(t *testing.T) {
	row := NeighborRow{Query: flat(28, 28, 10), Caption: "a.png", Nearest: []Neighbor{{Image: flat(28, 28, 20), Class: "Bag", Caption: "0.91"}}}
	sheet := Sheet("Queries and their neighbors", []NeighborRow{row})
	y := caption + gap
	second := 2*gap + 112 + 2*gap
	wantPixel(t, sheet, second-1, y, plain, "the frame of a class with an unknown query")
	for _, x := range []int{gap, second} {
		if !inked(sheet, image.Rect(x, y+112+frame, x+112, y+112+frame+caption)) {
			t.Errorf("there is no caption at %d", x)
		}
	}
	width := func(title string) int { return letter * len(title) }
	if inked(sheet, image.Rect(gap+width("Queries and their neighbors")+1, 0, sheet.Bounds().Dx(), caption)) {
		t.Error("the title says more than it was given")
	}
	row.Class = "Coat"
	sheet = Sheet("Queries and their neighbors", []NeighborRow{row})
	wantPixel(t, sheet, second-1, y, wrong, "the frame of another class")
	if !inked(sheet, image.Rect(width("Queries and their neighbors: green the same class"), 0, sheet.Bounds().Dx(), caption)) {
		t.Error("the title does not say what colors mean")
	}
}

// A small copy fills the same place as its image.
func TestSmall(t *testing.T) {
	for _, size := range []image.Point{{28, 28}, {224, 100}, {225, 100}, {1000, 3}, {3, 5000}} {
		im := flat(size.X, size.Y, 9)
		got := Small(im)
		if fitted(got) != fitted(im) || max(got.W, got.H) > widest || got.Pix[0] != 9 {
			t.Errorf("%v becomes %d x %d, shown as %v, not %v", size, got.W, got.H, fitted(got), fitted(im))
		}
	}
}

func TestAttention(t *testing.T) {
	// a 1 x 2 grid over each of two images, two heads
	maps := [][][]float32{{{0, 0.5}, {1, 0}}, {{0, 0}, {0.25, 0.5}}}
	sheet := Attention([]*augment.Image{flat(28, 14, 99), flat(28, 14, 98)}, maps, 1, 2)
	const w, h = 112, 56
	if got, want := sheet.Bounds().Dy(), 2*(h+gap)+2*caption+gap; got != want {
		t.Errorf("the sheet is %d high, want %d", got, want)
	}
	if got, least := sheet.Bounds().Dx(), 4*(w+gap)+gap; got < least {
		t.Errorf("the sheet is %d wide, four columns take %d", got, least)
	}
	place := func(row, column int) (x, y int) { return gap + column*(w+gap), 2*caption + gap + row*(h+gap) }
	for column := range 4 {
		x, y := place(0, column)
		if !inked(sheet, image.Rect(x, y-gap-caption, x+w, y-gap+2)) {
			t.Errorf("column %d has no header", column)
		}
	}
	for _, c := range []struct {
		row, column int
		left, right color.RGBA
		what        string
	}{
		{0, 0, gray(99), gray(99), "the image"},
		{0, 1, Inferno.At(0), Inferno.At(1), "head 1, scaled to its own maximum"},
		{0, 2, Inferno.At(1), Inferno.At(0), "head 2"},
		{0, 3, Inferno.At(1), Inferno.At(0.5), "the mean of the weights as they are"},
		{1, 0, gray(98), gray(98), "the second image"},
		{1, 1, Inferno.At(0), Inferno.At(0), "a map of zeros"},
		{1, 2, Inferno.At(0.5), Inferno.At(1), "the second image's head 2"},
	} {
		x, y := place(c.row, c.column)
		wantPixel(t, sheet, x, y, c.left, c.what)
		wantPixel(t, sheet, x+w/2-1, y+h-1, c.left, c.what+", end of the first patch")
		wantPixel(t, sheet, x+w/2, y, c.right, c.what+", start of the second patch")
		wantPixel(t, sheet, x+w-1, y+h-1, c.right, c.what)
		wantPixel(t, sheet, x+w, y, paper, "beside "+c.what)
	}
}

func TestAttentionRowsOfTheGrid(t *testing.T) {
	sheet := Attention([]*augment.Image{flat(28, 28, 0)}, [][][]float32{{{1, 0, 0, 0, 0, 0.5}}}, 3, 2)
	x, y := gap+112+gap, 2*caption+gap
	wantPixel(t, sheet, x, y, Inferno.At(1), "row 1, column 1")
	wantPixel(t, sheet, x+111, y, Inferno.At(0), "row 1, column 2")
	wantPixel(t, sheet, x, y+111, Inferno.At(0), "row 3, column 1")
	wantPixel(t, sheet, x+111, y+111, Inferno.At(0.5), "row 3, column 2")
}

// A weight that is no number shows as such and leaves the others as they are.
func TestAttentionNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	sheet := Attention([]*augment.Image{flat(28, 28, 0)}, [][][]float32{{{nan, 1, 0.5, inf}}}, 2, 2)
	x, y := gap+112+gap, 2*caption+gap
	wantPixel(t, sheet, x, y, broken, "NaN")
	wantPixel(t, sheet, x+111, y, Inferno.At(1), "the largest weight")
	wantPixel(t, sheet, x, y+111, Inferno.At(0.5), "half of it")
	wantPixel(t, sheet, x+111, y+111, broken, "infinity")
}

func TestAttentionPanicsOnAnotherGrid(t *testing.T) {
	defer func() {
		if s, _ := recover().(string); !strings.HasPrefix(s, "viewer: ") {
			t.Errorf("it says %q", s)
		}
	}()
	Attention([]*augment.Image{flat(28, 28, 0)}, [][][]float32{{{1, 2, 3}}}, 2, 2)
}

func TestNothingToDraw(t *testing.T) {
	if Neighbors(nil).Bounds().Empty() || Attention(nil, nil, 2, 2).Bounds().Empty() {
		t.Error("a sheet without rows is empty, which no PNG can be")
	}
}

func TestTextIsCut(t *testing.T) {
	sheet := newSheet(200, caption)
	text(sheet, 10, 0, 70, "a name of more than ten letters")
	if !inked(sheet, image.Rect(10, 0, 80, caption)) || inked(sheet, image.Rect(80, 0, 200, caption)) {
		t.Error("the line does not stay within its 70 pixels")
	}
}

func TestWritePNG(t *testing.T) {
	path := filepath.Join(t.TempDir(), "attention", "a.png")
	im := newSheet(3, 2)
	im.SetRGBA(2, 1, right)
	for range 2 { // a second one takes the first one's place
		if err := WritePNG(path, im); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	back, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if back.Bounds() != im.Bounds() || color.RGBAModel.Convert(back.At(2, 1)) != right {
		t.Errorf("read back %v with %v", back.Bounds(), back.At(2, 1))
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestWritePNGFails(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.WriteFile(taken, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "folder.png")
	if err := os.MkdirAll(filepath.Join(folder, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(taken, "b.png"), folder} {
		if err := WritePNG(path, newSheet(1, 1)); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error is %v", path, err)
		}
	}
	if err := WritePNG(filepath.Join(dir, "empty.png"), image.NewRGBA(image.Rectangle{})); err == nil {
		t.Error("an image without pixels was written")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("left behind: %v", entries)
	}
}
