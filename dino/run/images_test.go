package run

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// Samples of 12 bits in 16 are advised about once, and range auto or by hand spreads them.
func TestRangeOfSamples(t *testing.T) {
	dir := t.TempDir()
	im := image.NewGray16(image.Rect(0, 0, 2, 1))
	im.SetGray16(0, 0, color.Gray16{Y: 100})
	im.SetGray16(1, 0, color.Gray16{Y: 4000})
	f, err := os.Create(filepath.Join(dir, "xray.png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, im); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for bounds, want := range map[settings.Bounds]struct {
		words string
		white uint8
	}{
		{}:                {"samples go from 100 to 4000 of 65535, which leaves 16 gray levels: set `range` auto", 15},
		{Auto: true}:      {"samples from 100 to 4000 become black to white", 255},
		{Lo: 0, Hi: 8000}: {"samples from 0 to 8000 become black to white", 128},
	} {
		c := settings.DefaultConfig()
		c.Data, c.Range = settings.Paths(dir), bounds
		images, err := OpenImages(c)
		if err != nil {
			t.Fatal(err)
		}
		if words := rangeWords(c, images); !strings.Contains(words, want.words) {
			t.Errorf("%+v: said %q", bounds, words)
		}
		if im, err := images.Decode(0); err != nil || im.Pix[3] != want.white {
			t.Errorf("%+v: %v, %v", bounds, im, err)
		}
	}
}
