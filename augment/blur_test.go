package augment

import (
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
