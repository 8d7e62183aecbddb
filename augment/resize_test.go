package augment

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the area, the sizes, the part and the filter, resizing is Pillow's
// loops over single samples.
func TestResizeIsPlain(t *testing.T) {
	side := rapid.IntRange(1, 40)
	rapid.Check(t, func(t *rapid.T) {
		im := drawNoise(t, side.Draw(t, "width"), side.Draw(t, "height"))
		// Stretches of eighths of a pixel, as decoding smaller makes them.
		stretch := func(n int, name string) (from, to float64) {
			a := rapid.IntRange(0, 8*n-1).Draw(t, name+" from")
			b := rapid.IntRange(a+1, 8*n).Draw(t, name+" to")
			return float64(a) / 8, float64(b) / 8
		}
		var a area
		a.left, a.right = stretch(im.W, "columns")
		a.top, a.bottom = stretch(im.H, "rows")
		w, h := side.Draw(t, "new width"), side.Draw(t, "new height")
		b := Box{Left: rapid.IntRange(0, w-1).Draw(t, "left"), Top: rapid.IntRange(0, h-1).Draw(t, "top")}
		b.W = rapid.IntRange(1, w-b.Left).Draw(t, "part's width")
		b.H = rapid.IntRange(1, h-b.Top).Draw(t, "part's height")
		by := filter(rapid.IntRange(int(bicubic), int(lanczos)).Draw(t, "filter"))

		s := &scratch{}
		s.rows.by, s.cols.by = by, by
		got := make([]uint8, b.W*b.H*3)
		for range 2 { // the second time with used memory
			resizePart(got, im, a, w, h, b, s)
			if want := plainResize(im, a, w, h, b, by); !bytes.Equal(got, want) {
				t.Fatalf("%v of %d x %d to %d x %d, part %v:\n%v, want\n%v", a, im.W, im.H, w, h, b, got, want)
			}
		}
	})
}

// Sums leave the range in one color alone, too.
func TestResizeClipsEachColor(t *testing.T) {
	for c := range 3 {
		im := noise(33, 29, uint64(c))
		for i, v := range im.Pix {
			im.Pix[i] = 128
			if i%3 == c {
				im.Pix[i] = v >> 7 * 255
			}
		}
		b := Box{W: 41, H: 38}
		within(t, "color", ResizedCrop(im, Box{W: im.W, H: im.H}, b.W, b.H).Pix,
			plainResize(im, area{right: float64(im.W), bottom: float64(im.H)}, b.W, b.H, b, bicubic), 0)
	}
}

// Two sums in a word are clamped as if each were alone, whichever is negative.
func TestClippedLanes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low, high := rapid.Int32().Draw(t, "low"), rapid.Int32().Draw(t, "high")
		got := clipped(uint64(int64(low)) + uint64(int64(high))<<32)
		alone := func(v int32) uint64 { return uint64(max(0, min(1<<30-1, v))) }
		if want := alone(low) | alone(high)<<32; got != want {
			t.Fatalf("%x, want %x", got, want)
		}
	})
}

// drawNoise is an image of noise, half the time of 0 and 255 alone, where
// filters overshoot.
func drawNoise(t *rapid.T, w, h int) *Image {
	im := noise(w, h, rapid.Uint64().Draw(t, "seed"))
	if rapid.Bool().Draw(t, "black and white") {
		for i, v := range im.Pix {
			im.Pix[i] = v >> 7 * 255
		}
	}
	return im
}

// plainResize resizes an area of im to w x h and cuts the part b out.
func plainResize(im *Image, a area, w, h int, b Box, by filter) []uint8 {
	var out []uint8
	for y := range b.H {
		row, down := plainTaps(a.top, a.bottom, h, b.Top+y, by)
		for x := range b.W {
			column, right := plainTaps(a.left, a.right, w, b.Left+x, by)
			for c := range 3 {
				sum := int64(1) << 21
				for j, v := range down {
					between := int64(1) << 21
					for i, u := range right {
						between += u * int64(im.Pix[((row+j)*im.W+column+i)*3+c])
					}
					sum += v * max(0, min(255, between>>22))
				}
				out = append(out, uint8(max(0, min(255, sum>>22))))
			}
		}
	}
	return out
}

// plainTaps is Pillow's precompute_coeffs for place i of n: the weights of the
// pixels from first on.
func plainTaps(from, to float64, n, i int, by filter) (first int, weights []int64) {
	at, reach := by.function()
	begin, end := math.Floor(from), math.Ceil(to)
	scale := (to - from) / float64(n)
	wide := max(scale, 1)
	center := from - begin + float64((float64(i)+0.5)*scale)
	lo := int(max(0, math.Trunc(center-reach*wide+0.5)))
	hi := int(min(end-begin, math.Trunc(center+reach*wide+0.5)))
	var exact []float64
	sum := 0.0
	for j := lo; j < hi; j++ {
		v := at((float64(j) - center + 0.5) * (1 / wide))
		exact = append(exact, v)
		sum += v
	}
	for _, v := range exact {
		weights = append(weights, int64(math.Round(float64(v/sum)*(1<<22))))
	}
	return int(begin) + lo, weights
}
