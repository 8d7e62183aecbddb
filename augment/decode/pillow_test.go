package decode

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// expected holds what Pillow reads from files, by their names.
type expected struct{ *golden.File }

func openExpected(t *testing.T, path string) expected {
	t.Helper()
	return expected{golden.Open(t, path)}
}

// image is nil for a file that Pillow refuses.
func (e expected) image(name string) *Image {
	if !e.Has(name) {
		return nil
	}
	shape := e.Shape(name)
	return &Image{H: shape[0], W: shape[1], Pix: e.Bytes(name)}
}

// tolerance is how far an image may be from Pillow's, in gray levels: at most, and
// on average.
type tolerance struct {
	worst int
	mean  float64
}

func (may tolerance) check(t *testing.T, name string, im, want *Image) {
	t.Helper()
	if im.W != want.W || im.H != want.H {
		t.Errorf("%s: %d x %d, want %d x %d", name, im.W, im.H, want.W, want.H)
		return
	}
	if worst, mean := diff(im.Pix, want.Pix); worst > may.worst || mean > may.mean {
		t.Errorf("%s: off by up to %d gray levels, mean %.3f; want at most %d and %.3f", name, worst, mean, may.worst, may.mean)
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

// Each format and mode beside Pillow's convert("RGB"), from the files that
// testdata/formats/make.py made. Everything without loss is exact.
func TestDecodePillow(t *testing.T) {
	const dir = "../../testdata/formats"
	want := openExpected(t, "../formats/expected.safetensors")
	lossy := map[string]tolerance{
		// The inverse transforms round differently, which conversion to RGB
		// widens; the standard library's is as far away.
		"420.jpg": {3, 0.06}, "422.jpg": {3, 0.06}, "444.jpg": {3, 0.06}, "progressive.jpg": {3, 0.06},
		"exif-orientation.jpg": {3, 0.06}, "grey.jpg": {1, 0.03}, "cmyk.jpg": {1, 0.03},
	}
	for _, name := range want.Names() {
		t.Run(name, func(t *testing.T) {
			f, err := os.Open(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			im, err := Decode(f, Options{})
			if err != nil {
				t.Fatal(err)
			}
			pixels := want.image(name)
			if name == "grey-16bit.png" { // clipped by Pillow, see fromGo
				pixels = want.image("grey.png")
			}
			lossy[name].check(t, name, im, pixels)
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
	if n := len(want.Names()); n != images || n != 40 {
		t.Errorf("%d images, %d expectations", images, n)
	}
}
