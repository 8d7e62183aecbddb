package augment

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// No crop that can be drawn from a shrunk image is less than spare times as
// large as its view, but for its rounding to whole pixels.
func TestShrinkLeavesRoom(t *testing.T) {
	shrunk := 0
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 12000).Draw(t, "w"), rapid.IntRange(1, 9000).Draw(t, "h")
		lo := rapid.Float64Range(0.01, 1).Draw(t, "lo")
		recipe := Reference(rapid.IntRange(1, 300).Draw(t, "global"), [2]float64{lo, 1},
			rapid.IntRange(0, 3).Draw(t, "locals"), rapid.IntRange(1, 150).Draw(t, "local"), [2]float64{lo / 4, lo})
		by := recipe.shrink(w, h)
		if by == 1 {
			return
		}
		shrunk++
		for v := range recipe.Views() {
			k := recipe.Kind(v)
			b := RandomBox(w, h, k.Scale, k.Ratio, NewRand(Key{Seed: rapid.Uint64().Draw(t, "seed"), View: v}))
			if need := spare*float64(by*k.Size) - 1; float64(min(b.W, b.H)) < need {
				t.Fatalf("%d x %d decoded by %d: view %d is cut as %+v, want %g pixels per side", w, h, by, v, b, need)
			}
		}
	})
	if shrunk == 0 {
		t.Error("nothing was shrunk")
	}
}

// What the reference's recipe allows: nothing for images as in ImageNet, a
// quarter for a telephone's 12 megapixels.
func TestShrinkOfUsualSizes(t *testing.T) {
	recipe := Reference(224, globalScale, 8, 96, localScale)
	for _, c := range []struct{ w, h, by int }{
		{500, 375, 1}, {1280, 960, 1}, {1920, 1440, 2}, {4000, 3000, 4}, {12000, 9000, 8}, {1, 1, 1}, {12000, 96, 1},
	} {
		if by := recipe.shrink(c.w, c.h); by != c.by {
			t.Errorf("%d x %d: by %d, want %d", c.w, c.h, by, c.by)
		}
	}
}

// largeJPEG is a part of the golden image, enlarged and with grain, as a JPEG
// file of 1003 x 747 pixels, sizes that no block divides.
func largeJPEG(t *testing.T, dir string) string {
	t.Helper()
	photo := openGolden(t).image("photo")
	const w, h = 1003, 747
	large := ResizedCrop(photo, Box{Left: 30, Top: 10, W: 40, H: 30}, w, h)
	rgba := image.NewRGBA(image.Rect(0, 0, w, h))
	r := NewRand(Key{Seed: 8})
	for i := range w * h {
		grain := r.IntN(21) - 10
		for c := range 3 {
			rgba.Pix[4*i+c] = uint8(max(0, min(255, int(large.Pix[3*i+c])+grain)))
		}
		rgba.Pix[4*i+3] = 255
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, rgba, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(dir, "large.jpg"), b.Bytes())
}

// Crops of a shrunk image lie where those of the whole one do, and look the
// same even where they just have room: within few gray levels on average,
// though this image is hard edges of full colors, which 4:2:0 keeps at half
// the sharpness. (Crops of 40 photographs of 4 to 24 megapixels were 0.1 to 0.7
// apart.) One pixel beside, they look less alike by far.
func TestShrunkCropsLookTheSame(t *testing.T) {
	path := largeJPEG(t, t.TempDir())
	whole, err := decodeFile(path, decode.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if w, h := whole.Size(); w != 1003 || h != 747 || whole.Shrunk > 1 {
		t.Fatalf("whole: %d x %d by %d", w, h, whole.Shrunk)
	}
	for by, most := range map[int]float64{2: 1, 4: 1.5, 8: 3} {
		small, err := decodeFile(path, decode.Options{Shrink: func(w, h int) int {
			if w != 1003 || h != 747 {
				t.Errorf("asked about %d x %d", w, h)
			}
			return by
		}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if w, h := small.Size(); w != 1003 || h != 747 || small.W != (1003+by-1)/by || small.H != (747+by-1)/by || small.Shrunk != by {
			t.Fatalf("by %d: %d x %d of %d x %d", by, small.W, small.H, w, h)
		}
		const size = 16
		sum, beside, n := 0.0, 0.0, 20
		for i := range n {
			r := NewRand(Key{Image: i})
			side := int(size * spare * float64(by))
			b := Box{Left: r.IntN(1003 - side - by), Top: r.IntN(747 - side), W: side, H: side}
			_, mean := diff(t, ResizedCrop(small, b, size, size).Pix, ResizedCrop(whole, b, size, size).Pix)
			sum += mean / float64(n)
			b.Left += by
			_, mean = diff(t, ResizedCrop(small, b, size, size).Pix, ResizedCrop(whole, Box{Left: b.Left - by, Top: b.Top, W: side, H: side}, size, size).Pix)
			beside += mean / float64(n)
		}
		t.Logf("by %d: off by %.2f gray levels on average, one pixel beside by %.2f", by, sum, beside)
		if sum > most || beside < 1.5*sum {
			t.Errorf("by %d: crops are off by %.2f gray levels on average, want at most %g; one pixel beside by %.2f", by, sum, most, beside)
		}
	}
}

// The loader shrinks, through views of a source too, and makes the views that
// its recipe makes of the shrunk image.
func TestLoaderShrinks(t *testing.T) {
	dir := t.TempDir()
	path := largeJPEG(t, dir)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "other.jpg"), data)
	list := write(t, filepath.Join(t.TempDir(), "list.txt"), []byte(path+"\n"+filepath.Join(dir, "other.jpg")+"\n"))
	recipe := Reference(32, globalScale, 2, 14, localScale)
	by := recipe.shrink(1003, 747)
	if by != 4 {
		t.Fatalf("by %d, want 4", by)
	}
	small, err := decodeFile(path, decode.Options{Shrink: recipe.shrink}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{dir, list} {
		src, err := Open(from)
		if err != nil {
			t.Fatal(err)
		}
		l, err := NewLoader(Slice(Limit(src, 2), 0, 1), LoaderConfig{Recipe: recipe, BatchSize: 1, Seed: 9})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		b, err := l.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for v := range b.Views {
			want := recipe.View(small, v, NewRand(Key{Seed: 9, View: v}))
			within(t, "view", b.Views[v], want, 0)
		}
	}
}
