package augment

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Sides are rounded to whole patches, one at least, and the short one is the size that was asked for.
func TestWholeSizes(t *testing.T) {
	for _, c := range []struct{ w, h, size, patch, width, height int }{
		{640, 480, 224, 16, 304, 224}, // 298.7 is 18.7 patches
		{480, 640, 224, 16, 224, 304},
		{500, 375, 224, 16, 304, 224},
		{224, 224, 224, 16, 224, 224},
		{640, 480, 480, 8, 640, 480},
		{100, 100, 225, 16, 224, 224}, // no multiple of the patch
		{100, 100, 231, 16, 224, 224},
		{100, 100, 233, 16, 240, 240},
		{1, 1, 3, 8, 8, 8},
		{1, 300, 8, 8, 8, 2400},
		{37, 23, 23, 1, 37, 23},
	} {
		if w, h := WholeSize(c.w, c.h, c.size, c.patch); w != c.width || h != c.height {
			t.Errorf("%+v: %d x %d", c, w, h)
		}
	}
}

// Nothing is cut off and nothing resampled twice: the view is Pillow's resize of all the image, or the image itself.
func TestWholeView(t *testing.T) {
	const most = 500
	rapid.Check(t, func(t *rapid.T) {
		im := noise(rapid.IntRange(1, 60).Draw(t, "w"), rapid.IntRange(1, 60).Draw(t, "h"), 1)
		size, patch := rapid.IntRange(1, 70).Draw(t, "size"), rapid.IntRange(1, 20).Draw(t, "patch")
		w, h := WholeSize(im.W, im.H, size, patch)
		pix, width, height, err := WholeView(im, size, patch, most)
		if w > most || h > most {
			if err == nil || !strings.Contains(err.Error(), "`image_size`") {
				t.Fatalf("%d x %d: %v", w, h, err)
			}
			return
		}
		if err != nil || width != w || height != h || w%patch != 0 || h%patch != 0 {
			t.Fatalf("%d x %d, want %d x %d, %v", width, height, w, h, err)
		}
		if want := ResizedCrop(im, Box{W: im.W, H: im.H}, w, h).Pix; !bytes.Equal(pix, want) {
			t.Fatal("other pixels than those of a resize")
		}
		if same := w == im.W && h == im.H; same != (&pix[0] == &im.Pix[0]) {
			t.Fatalf("of its own size: %v, and not resampled: %v", same, !same)
		}
	})
}

// Only the central square is made, which is what the whole image resized and then cut would show.
func TestEvalViewIsTheCenterOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		im := noise(rapid.IntRange(1, 60).Draw(t, "w"), rapid.IntRange(1, 60).Draw(t, "h"), 1)
		size := rapid.IntRange(1, 40).Draw(t, "size")
		short := (256*size + 112) / 224
		w, h := short, short
		if im.W <= im.H {
			h = short * im.H / im.W
		} else {
			w = short * im.W / im.H
		}
		full := ResizedCrop(im, Box{W: im.W, H: im.H}, w, h)
		got := EvalView(im, size)
		round := func(n int) int { return (n + n/2%2) / 2 } // halves to the even number
		left, top := round(w-size), round(h-size)
		for y := range size {
			row := full.Pix[((top+y)*w+left)*3:][:size*3]
			if !bytes.Equal(got[y*size*3:][:size*3], row) {
				t.Fatalf("%d x %d to %d: row %d differs", im.W, im.H, size, y)
			}
		}
	})
}

// A line of a million pixels takes no more memory than the view.
func TestEvalViewOfALine(t *testing.T) {
	im := NewImage(1_000_000, 1)
	before := heapTotal()
	EvalView(im, 224)
	if used := heapTotal() - before; used > 32<<20 {
		t.Errorf("%d MiB", used>>20)
	}
}

// heapTotal is all that was ever allocated.
func heapTotal() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
