package augment

import (
	"image"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// goldenFile holds images that Pillow and torchvision made.
type goldenFile struct {
	*golden.File
	t *testing.T
}

// openGolden opens the numbers that testdata/golden/make.py made.
func openGolden(t *testing.T) goldenFile {
	t.Helper()
	return goldenFile{golden.Open(t, "augment.safetensors"), t}
}

// image gives an H x W x 3 byte tensor; the caller may change it.
func (g goldenFile) image(name string) *Image {
	g.t.Helper()
	s := g.Shape(name)
	if len(s) != 3 || s[2] != 3 {
		g.t.Fatalf("golden %s of shape %v is no image", name, s)
	}
	return &Image{H: s[0], W: s[1], Pix: g.Bytes(name)}
}

// diff gives the largest and the mean absolute difference in gray levels.
func diff(t *testing.T, got, want []uint8) (worst int, mean float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d bytes, want %d", len(got), len(want))
	}
	sum := 0
	for i := range got {
		d := int(got[i]) - int(want[i])
		d = max(d, -d)
		sum += d
		worst = max(worst, d)
	}
	return worst, float64(sum) / float64(len(got))
}

// within fails unless every byte agrees to at most levels.
func within(t *testing.T, name string, got, want []uint8, levels int) {
	t.Helper()
	if worst, mean := diff(t, got, want); worst > levels {
		t.Errorf("%s: off by up to %d gray levels (mean %.3f), want at most %d", name, worst, mean, levels)
	} else if worst > 0 {
		t.Logf("%s: off by up to %d gray levels, mean %.4f", name, worst, mean)
	}
}

// noise is an image without any pattern.
func noise(w, h int, seed uint64) *Image {
	im, r := NewImage(w, h), NewRand(Key{Seed: seed})
	for i := range im.Pix {
		im.Pix[i] = uint8(r.IntN(256))
	}
	return im
}

// goImage is an image as Go's encoders take it.
func goImage(im *Image) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, im.W, im.H))
	for i := range im.W * im.H {
		copy(out.Pix[4*i:], im.Pix[3*i:3*i+3])
		out.Pix[4*i+3] = 255
	}
	return out
}
