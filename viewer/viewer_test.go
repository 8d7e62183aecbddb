package viewer

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
)

// flat is a gray image.
func flat(w, h int, v uint8) *image.RGBA {
	im := augment.NewImage(w, h)
	for i := range im.Pix {
		im.Pix[i] = v
	}
	return ToRGBA(im)
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
