package viewer

import (
	"image"
	"image/color"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// img.png and a mask over it, as the reference writes them: within one gray level.
func TestReferencePictures(t *testing.T) {
	g := golden.Open(t, "attention.safetensors")
	shape, patch := g.Shape("img.normalized"), g.Int("patch")
	h, w := shape[1], shape[2]
	check := func(what string, im *image.RGBA, want []byte) {
		t.Helper()
		for i := range w * h {
			for k := range 3 {
				if d := int(im.Pix[4*i+k]) - int(want[3*i+k]); d < -1 || d > 1 {
					t.Fatalf("%s: pixel %d is %v, want %v", what, i, im.Pix[4*i:4*i+3], want[3*i:3*i+3])
				}
			}
		}
	}
	shown := Stretched(g.Float32s("img.normalized"), w, h)
	check("img", shown, g.Bytes("img.shown"))
	grid := g.Shape("t0.6.image0.kept")
	kept := make([]bool, grid[1]*grid[2])
	for i, k := range g.Bytes("t0.6.image0.kept")[:len(kept)] {
		kept[i] = k == 1
	}
	// the image is a patch row shorter than the map
	check("overlay", Masked(shown, kept, grid[1], grid[2], patch), g.Bytes("img.overlay"))
}

func TestContour(t *testing.T) {
	im := image.NewRGBA(image.Rect(0, 0, 12, 8))
	Contour(im, []bool{true, true, false, false, false, false}, 2, 3, 4)
	for y := range 8 {
		for x := range 12 {
			edge := y < 4 && x < 8 && (x == 0 || x == 7 || y == 0 || y == 3)
			if got := im.RGBAAt(x, y) == maskColor; got != edge {
				t.Errorf("%d,%d is drawn: %v", x, y, got)
			}
		}
	}
}

func TestEnlarged(t *testing.T) {
	im := Enlarged([]float32{0, 1, 2, 3, 4, 5}, 2, 3, 4, Viridis)
	if im.Rect.Max != image.Pt(12, 8) {
		t.Fatalf("it is %v", im.Rect)
	}
	for i, want := range []uint8{0, 51, 102, 153, 204, 255} { // 256 * i/5, cut
		for _, at := range []image.Point{{i % 3 * 4, i / 3 * 4}, {i%3*4 + 3, i/3*4 + 3}} {
			if got := im.RGBAAt(at.X, at.Y); got != Viridis.table[want] {
				t.Errorf("weight %d at %v: %v", i, at, got)
			}
		}
	}
}

func TestPrincipalColors(t *testing.T) {
	got := PrincipalColors([]float64{-1, 0, 7, 1, 5, 7, 9, 10, 7}, [3]float64{-1, 0, 7}, [3]float64{1, 10, 7})
	for i, want := range []color.RGBA{{0, 0, 0, 255}, {255, 128, 0, 255}, {255, 255, 0, 255}} {
		if got[i] != want {
			t.Errorf("patch %d: %v, want %v", i, got[i], want)
		}
	}
	g := golden.Open(t, "patches.safetensors")
	scores, unit := g.Float64s("pca.scores"), g.Float64s("pca.unit")
	low, high := Bounds(scores)
	for i, c := range PrincipalColors(scores, low, high) {
		for k, v := range []uint8{c.R, c.G, c.B} {
			if want := uint8(unit[3*i+k]*255 + 0.5); v != want {
				t.Errorf("patch %d, component %d: %d, want %d", i, k, v, want)
			}
		}
	}
}

func TestStretchedFlat(t *testing.T) {
	if im := Stretched([]float32{2, 2, 2}, 1, 1); im.RGBAAt(0, 0) != (color.RGBA{0, 0, 0, 255}) {
		t.Errorf("%v", im.RGBAAt(0, 0))
	}
}
