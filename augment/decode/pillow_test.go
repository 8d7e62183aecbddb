package decode

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nlpodyssey/safetensors"
)

// Each format and mode beside Pillow's convert("RGB"), from the files that
// testdata/formats/make.py made: the largest and the mean difference allowed,
// in gray levels. Everything without loss is exact.
func TestDecodePillow(t *testing.T) {
	const dir = "../../testdata/formats"
	raw, err := os.ReadFile(dir + "/expected.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	expected, err := safetensors.Deserialize(raw)
	if err != nil {
		t.Fatal(err)
	}
	image := func(t *testing.T, name string) *Image {
		v, ok := expected.Tensor(name)
		if !ok || v.DType() != safetensors.U8 || len(v.Shape()) != 3 {
			t.Fatalf("%s is missing or no image", name)
		}
		return &Image{H: int(v.Shape()[0]), W: int(v.Shape()[1]), Pix: v.Data()}
	}
	lossy := map[string]struct {
		worst int
		mean  float64
	}{
		// The inverse transforms round differently, which conversion to RGB
		// widens; the standard library's is as far away.
		"420.jpg": {3, 0.06}, "422.jpg": {3, 0.06}, "444.jpg": {3, 0.06}, "progressive.jpg": {3, 0.06},
		"exif-orientation.jpg": {3, 0.06}, "grey.jpg": {1, 0.03}, "cmyk.jpg": {1, 0.03},
	}
	for _, name := range expected.Names() {
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
	if n := len(expected.Names()); n != images || n != 40 {
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
