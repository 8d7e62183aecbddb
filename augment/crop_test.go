package augment

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Crops and their bicubic resizing are torchvision's (testdata/golden/make.py) to the byte.
func TestCropGolden(t *testing.T) {
	g := openGolden(t)
	photo := g.image("photo")
	for i := range 4 {
		name := fmt.Sprintf("crop.%d", i)
		p := g.Ints(name + ".top_left_h_w_size")
		got := ResizedCrop(photo, Box{Top: p[0], Left: p[1], H: p[2], W: p[3]}, p[4], p[4])
		within(t, name, got.Pix, g.image(name).Pix, 0)
	}
}

// A crop of the size it shall have is a copy.
func TestCropSameSize(t *testing.T) {
	im := noise(11, 9, 2)
	got := ResizedCrop(im, Box{Left: 3, Top: 2, W: 5, H: 4}, 5, 4)
	for y := range 4 {
		within(t, "row", got.Pix[y*15:(y+1)*15], im.Pix[((y+2)*11+3)*3:][:15], 0)
	}
}

// Whatever the image and the recipe, a crop lies inside the image and has
// pixels; where it isn't the fallback its area and ratio are within bounds.
func TestRandomBoxInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 3000).Draw(t, "w"), rapid.IntRange(1, 3000).Draw(t, "h")
		lo := rapid.Float64Range(0.001, 1).Draw(t, "lo")
		hi := rapid.Float64Range(lo, 1).Draw(t, "hi")
		r := NewRand(Key{Seed: rapid.Uint64().Draw(t, "seed")})
		b := RandomBox(w, h, [2]float64{lo, hi}, defaultRatio, r)
		if b.W < 1 || b.H < 1 || b.Left < 0 || b.Top < 0 || b.Left+b.W > w || b.Top+b.H > h {
			t.Fatalf("%+v lies outside %d x %d", b, w, h)
		}
	})
}

// The fallback of a long strip: the largest central box of ratio 4/3 or 3/4.
func TestRandomBoxFallback(t *testing.T) {
	r := NewRand(Key{Seed: 1})
	whole := [2]float64{1, 1}
	if got, want := RandomBox(1000, 30, whole, defaultRatio, r), (Box{Left: 480, W: 40, H: 30}); got != want {
		t.Errorf("wide strip: %+v, want %+v", got, want)
	}
	if got, want := RandomBox(30, 1000, whole, defaultRatio, r), (Box{Top: 480, W: 30, H: 40}); got != want {
		t.Errorf("tall strip: %+v, want %+v", got, want)
	}
	if got, want := RandomBox(1, 1000, whole, defaultRatio, r), (Box{Top: 499, W: 1, H: 1}); got != want {
		t.Errorf("line: %+v, want %+v", got, want)
	}
}

// The drawn areas and ratios have the reference code's distributions: area
// uniform in scale, log of the ratio symmetric around 0, within bounds but for
// the rounding to pixels.
func TestRandomBoxDistribution(t *testing.T) {
	const n, side = 20000, 2000
	var area, logRatio float64
	for i := range n {
		b := RandomBox(side, side, [2]float64{0.05, 0.4}, defaultRatio, NewRand(Key{Seed: 3, Image: i}))
		a, q := float64(b.W*b.H)/(side*side), float64(b.W)/float64(b.H)
		if a < 0.0495 || a > 0.405 || q < 0.745 || q > 1.342 {
			t.Fatalf("crop %+v: area %.4f, ratio %.4f", b, a, q)
		}
		area += a / n
		logRatio += math.Log(q) / n
	}
	// Standard errors: 0.35/sqrt(12 n) = 0.0007 and 0.575/sqrt(12 n) = 0.0012.
	if math.Abs(area-0.225) > 0.003 || math.Abs(logRatio) > 0.005 {
		t.Errorf("mean area %.4f, want 0.225; mean log ratio %.4f, want 0", area, logRatio)
	}
}

// benchCrop draws and resizes crops of one image.
func benchCrop(b *testing.B, w, h, size int, scale [2]float64) {
	im, s := noise(w, h, 4), &scratch{}
	dst := make([]uint8, size*size*3)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r := NewRand(Key{Image: i})
		resizedCropInto(dst, im, RandomBox(w, h, scale, defaultRatio, r), size, size, s)
		i++
	}
}

func BenchmarkCropSmall(b *testing.B) {
	b.Run("28to28", func(b *testing.B) { benchCrop(b, 28, 28, 28, [2]float64{0.4, 1}) })
	b.Run("28to14", func(b *testing.B) { benchCrop(b, 28, 28, 14, [2]float64{0.05, 0.4}) })
}

func BenchmarkCropLarge(b *testing.B) {
	b.Run("500x375to224", func(b *testing.B) { benchCrop(b, 500, 375, 224, [2]float64{0.4, 1}) })
	b.Run("500x375to96", func(b *testing.B) { benchCrop(b, 500, 375, 96, [2]float64{0.05, 0.4}) })
}
