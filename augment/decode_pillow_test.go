package augment

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// Each format and mode beside Pillow's convert("RGB"), from the files that
// testdata/formats/make.py made: the largest and the mean difference allowed,
// in grey levels. Everything without loss is exact.
func TestDecodePillow(t *testing.T) {
	const dir, expected = "../testdata/formats", "../formats/expected.safetensors"
	names := golden.Open(t, expected).Names()
	lossy := map[string]struct {
		worst int
		mean  float64
	}{
		// The inverse transforms round differently, which conversion to RGB
		// widens; the standard library's is as far away.
		"420.jpg": {3, 0.06}, "422.jpg": {3, 0.06}, "444.jpg": {3, 0.06}, "progressive.jpg": {3, 0.06},
		"exif-orientation.jpg": {3, 0.06}, "grey.jpg": {1, 0.03}, "cmyk.jpg": {1, 0.03},
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			im, err := decodeFile(filepath.Join(dir, name), nil)
			if err != nil {
				t.Fatal(err)
			}
			g := goldenFile{golden.Open(t, expected), t}
			want := g.image(name)
			if name == "grey-16bit.png" { // clipped by Pillow, see fromGo
				want = g.image("grey.png")
			}
			if im.W != want.W || im.H != want.H {
				t.Fatalf("%d x %d, want %d x %d", im.W, im.H, want.W, want.H)
			}
			worst, mean := diff(t, im.Pix, want.Pix)
			t.Logf("off by up to %d, mean %.4f", worst, mean)
			if may := lossy[name]; worst > may.worst || mean > may.mean {
				t.Errorf("off by up to %d grey levels, mean %.3f; want at most %d and %.3f", worst, mean, may.worst, may.mean)
			}
		})
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	pictures := 0
	for _, f := range files {
		if isPicture(f.Name()) {
			pictures++
		}
	}
	if n := len(names); n != pictures || n != 40 {
		t.Errorf("%d pictures, %d expectations", pictures, n)
	}
}
