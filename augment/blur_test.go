package augment

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// Blur is Pillow's (testdata/golden/make.py) to the byte, which is far inside
// the 2.5 levels of mean difference that a true Gaussian would need.
func TestBlurGolden(t *testing.T) {
	g := openGolden(t)
	for _, s := range []string{"0.1", "0.7", "2.0"} {
		im := g.image("base")
		var sigma float64
		if _, err := fmt.Sscan(s, &sigma); err != nil {
			t.Fatal(err)
		}
		Blur(im.Pix, im.W, im.H, sigma)
		within(t, "blur."+s, im.Pix, g.image("blur."+s).Pix, 0)
	}
}

// A flat image stays flat, and whatever the size and radius (radius beyond
// the image included) nothing panics.
func TestBlurKeepsFlat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 12).Draw(t, "w"), rapid.IntRange(1, 12).Draw(t, "h")
		v := rapid.Uint8().Draw(t, "v")
		sigma := rapid.Float64Range(0.01, 30).Draw(t, "sigma")
		im := NewImage(w, h)
		for i := range im.Pix {
			im.Pix[i] = v
		}
		Blur(im.Pix, w, h, sigma)
		for i, got := range im.Pix {
			if got != v {
				t.Fatalf("byte %d is %d after blurring flat %d", i, got, v)
			}
		}
	})
}

// Eight bytes at once give what single bytes with running sums do.
func TestBlurIsPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 40).Draw(t, "h")
		got := drawNoise(t, w, h).Pix
		box := newBox(rapid.Float64Range(0.01, 2.4).Draw(t, "sigma"))
		if box.radius > 1 {
			t.Fatalf("a radius of %d", box.radius)
		}
		want := append([]uint8(nil), got...)
		line := make([]uint8, 2*(max(w, h)+2*(box.radius+1)))
		for c := range 3 {
			for y := range h {
				box.blur3(want[y*w*3+c:], w, 3, line)
			}
			for x := range w {
				box.blur3(want[x*3+c:], h, w*3, line)
			}
		}
		s := &scratch{}
		s.line, s.words = bytes.Repeat([]byte{0xa5}, 1000), make([]uint64, 100) // used memory
		if box.narrow(got, w, h, s); !bytes.Equal(got, want) {
			t.Fatalf("%d x %d:\n%v, want\n%v", w, h, got, want)
		}
	})
}
