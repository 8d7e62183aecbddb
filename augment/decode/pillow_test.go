package decode

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// Each format and mode beside Pillow's convert("RGB"), from the files that
// testdata/formats/make.py made: the largest and the mean difference allowed,
// in gray levels. Everything without loss is exact.
func TestDecodePillow(t *testing.T) {
	const dir, expected = "../../testdata/formats", "../formats/expected.safetensors"
	image := func(t *testing.T, name string) *Image {
		g := golden.Open(t, expected)
		shape := g.Shape(name)
		if len(shape) != 3 || shape[2] != 3 {
			t.Fatalf("%s of shape %v is no image", name, shape)
		}
		return &Image{H: shape[0], W: shape[1], Pix: g.Bytes(name)}
	}
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
			f, err := os.Open(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			im, err := Decode(f, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := image(t, name)
			if name == "grey-16bit.png" { // clipped by Pillow, see fromGo
				want = image(t, "grey.png")
			}
			if im.W != want.W || im.H != want.H {
				t.Fatalf("%d x %d, want %d x %d", im.W, im.H, want.W, want.H)
			}
			worst, mean := diff(im.Pix, want.Pix)
			t.Logf("off by up to %d, mean %.4f", worst, mean)
			if may := lossy[name]; worst > may.worst || mean > may.mean {
				t.Errorf("off by up to %d gray levels, mean %.3f; want at most %d and %.3f", worst, mean, may.worst, may.mean)
			}
		})
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	images := 0
	for _, f := range files {
		if IsImage(f.Name()) {
			images++
		}
	}
	if n := len(names); n != images || n != 40 {
		t.Errorf("%d images, %d expectations", images, n)
	}
}

// diff gives the largest and the mean absolute difference, in gray levels, of
// two slices of one length.
func diff(got, want []uint8) (worst int, mean float64) {
	sum := 0
	for i := range got {
		d := int(got[i]) - int(want[i])
		d = max(d, -d)
		sum += d
		worst = max(worst, d)
	}
	return worst, float64(sum) / float64(len(got))
}
