package viewer

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
)

func flat(w, h int, v uint8) *augment.Image {
	im := augment.NewImage(w, h)
	for i := range im.Pix {
		im.Pix[i] = v
	}
	return im
}

func TestNeighboursFrames(t *testing.T) {
	sheet := Neighbours([]NeighbourRow{{
		Query: flat(28, 28, 10), Class: "Bag",
		Nearest: []Neighbour{{flat(28, 28, 20), "Bag"}, {flat(28, 28, 30), "Coat"}},
	}})
	const w = 112
	y := caption + gap
	for k, want := range []color.RGBA{plain, right, wrong} {
		x := gap + k*(w+2*gap)
		if k > 0 {
			x += gap
		}
		if got := sheet.RGBAAt(x-1, y+w/2); got != want {
			t.Errorf("the frame of picture %d is %v, want %v", k, got, want)
		}
		v := uint8(10 * (k + 1))
		if got, want := sheet.RGBAAt(x+w/2, y+w/2), (color.RGBA{v, v, v, 255}); got != want {
			t.Errorf("picture %d is %v, want %v", k, got, want)
		}
	}
}

func TestAttentionMaps(t *testing.T) {
	maps := [][][]float32{{{0, 0, 0, 0.5}, {1, 0, 0, 0}}}
	sheet := Attention([]*augment.Image{flat(28, 28, 99)}, maps, 2, 2)
	const w = 112
	y := caption + gap
	at := func(col, dx, dy int) color.RGBA { return sheet.RGBAAt(gap+col*(w+gap)+dx, y+dy) }
	if got := at(1, w-1, w-1); got != warm(1) {
		t.Errorf("head 1's largest weight is %v, want %v: each map is scaled to its own maximum", got, warm(1))
	}
	if got := at(1, 0, 0); got != warm(0) {
		t.Errorf("head 1's first patch is %v, want %v", got, warm(0))
	}
	if got := at(2, w/2-1, w/2-1); got != warm(1) {
		t.Errorf("head 2's first patch ends at %v, want %v: no smoothing", got, warm(1))
	}
	if got := at(3, w-1, w-1); got != warm(0.5) {
		t.Errorf("the mean's last patch is %v, want %v", got, warm(0.5))
	}
}

func TestWritePNG(t *testing.T) {
	path := filepath.Join(t.TempDir(), "attention", "a.png")
	if err := WritePNG(path, image.NewRGBA(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	im, err := png.Decode(f)
	if err != nil || im.Bounds().Dx() != 3 || im.Bounds().Dy() != 2 {
		t.Errorf("read back %v, %v", im, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".picture-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := WritePNG(filepath.Join(path, "b.png"), image.NewRGBA(image.Rect(0, 0, 1, 1))); err == nil {
		t.Error("a file was taken for a folder")
	}
}
