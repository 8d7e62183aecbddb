package augment

import (
	"encoding/binary"
	"image"
	"os"
	"testing"

	"github.com/nlpodyssey/safetensors"
)

// golden reads the tensors that Pillow and torchvision made.
type golden struct {
	t  *testing.T
	st safetensors.SafeTensors
}

func openGolden(t *testing.T) golden {
	t.Helper()
	raw, err := os.ReadFile("../testdata/golden/augment.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	st, err := safetensors.Deserialize(raw)
	if err != nil {
		t.Fatal(err)
	}
	return golden{t, st}
}

// image gives an H x W x 3 byte tensor; the caller may change it.
func (g golden) image(name string) *Image {
	g.t.Helper()
	v, ok := g.st.Tensor(name)
	if !ok || v.DType() != safetensors.U8 || len(v.Shape()) != 3 {
		g.t.Fatalf("golden %s is missing or no picture", name)
	}
	s := v.Shape()
	return &Image{H: int(s[0]), W: int(s[1]), Pix: append([]uint8(nil), v.Data()...)}
}

// ints gives an int64 tensor.
func (g golden) ints(name string) []int {
	g.t.Helper()
	v, ok := g.st.Tensor(name)
	if !ok || v.DType() != safetensors.I64 {
		g.t.Fatalf("golden %s is missing or no int64", name)
	}
	var out []int
	for d := v.Data(); len(d) >= 8; d = d[8:] {
		out = append(out, int(binary.LittleEndian.Uint64(d)))
	}
	return out
}

// diff gives the largest and the mean absolute difference in grey levels.
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
		t.Errorf("%s: off by up to %d grey levels (mean %.3f), want at most %d", name, worst, mean, levels)
	} else if worst > 0 {
		t.Logf("%s: off by up to %d grey levels, mean %.4f", name, worst, mean)
	}
}

// noise is a picture without any pattern.
func noise(w, h int, seed uint64) *Image {
	im, r := NewImage(w, h), NewRand(Key{Seed: seed})
	for i := range im.Pix {
		im.Pix[i] = uint8(r.IntN(256))
	}
	return im
}

// goImage is a picture as Go's encoders take it.
func goImage(im *Image) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, im.W, im.H))
	for i := range im.W * im.H {
		copy(out.Pix[4*i:], im.Pix[3*i:3*i+3])
		out.Pix[4*i+3] = 255
	}
	return out
}
