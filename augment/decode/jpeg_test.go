package decode

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"testing"
)

// flatBlocks counts the image's 8 x 8 blocks that have a single color.
func flatBlocks(im *Image) int {
	n := 0
	for by := 0; by+8 <= im.H; by += 8 {
	block:
		for bx := 0; bx+8 <= im.W; bx += 8 {
			first := im.Pix[(by*im.W+bx)*3:][:3]
			for y := by; y < by+8; y++ {
				for x := bx; x < bx+8; x++ {
					if !bytes.Equal(im.Pix[(y*im.W+x)*3:][:3], first) {
						continue block
					}
				}
			}
			n++
		}
	}
	return n
}

// Whatever bytes of a JPEG's scans are changed, however many: it is refused, or
// what is read has no area that was not in the file. (The images have no flat
// block; a decoder that goes on after damage fills the rest with them.)
func TestDamagedJPEGInventsNoArea(t *testing.T) {
	for _, name := range []string{"photo.jpg", "photo-progressive.jpg", "photo-gray.jpg"} {
		whole, err := os.ReadFile(oddDir + name)
		if err != nil {
			t.Fatal(err)
		}
		scan := bytes.Index(whole, []byte{0xff, 0xda}) + 14
		r := rand.New(rand.NewPCG(1, 2))
		refused := 0
		const trials = 600
		for i := range trials {
			data := bytes.Clone(whole)
			length := []int{1, 8, 64, 512}[i%4]
			at := scan + r.IntN(len(data)-2-scan)
			for k := at; k < min(at+length, len(data)-2); k++ {
				data[k] = uint8(r.Uint32())
			}
			im, err := decodeBytes(data, nil)
			if err != nil {
				refused++
				continue
			}
			if n := flatBlocks(im); n > 2 {
				t.Errorf("%s, %d bytes changed from %d on: read, with %d flat blocks", name, length, at, n)
			}
		}
		t.Logf("%s: %d of %d refused", name, refused, trials)
		if refused < trials/2 {
			t.Errorf("%s: %d of %d damaged files were refused", name, refused, trials)
		}
	}
}

// Data that is too short or too long by whole blocks is damage, though every code
// in it exists.
func TestJPEGOfAnotherHeightIsDamaged(t *testing.T) {
	for _, name := range []string{"photo.jpg", "photo-gray.jpg", "photo-progressive.jpg", "restart.jpg"} {
		data, err := os.ReadFile(oddDir + name)
		if err != nil {
			t.Fatal(err)
		}
		sof := bytes.Index(data, []byte{0xff, 0xc0})
		if name == "photo-progressive.jpg" {
			sof = bytes.Index(data, []byte{0xff, 0xc2})
		}
		for _, change := range []int{-24, 24} {
			other := bytes.Clone(data)
			other[sof+6] = uint8(int(other[sof+6]) + change)
			if _, err := decodeBytes(other, nil); err == nil {
				t.Errorf("%s: %d rows more than it has were read", name, change)
			}
		}
	}
}

// Plain files of Go's own encoder of all small sizes: none is taken for damaged.
func TestJPEGOfAnySizeIsWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for w := range 20 {
		for h := range 20 {
			im := image.NewRGBA(image.Rect(0, 0, w+1, h+1))
			for i := range im.Pix {
				im.Pix[i] = uint8(r.Uint32())
			}
			var src image.Image = im
			if (w+h)%3 == 0 {
				src = &image.Gray{Pix: im.Pix, Stride: im.Stride, Rect: im.Rect}
			}
			var b bytes.Buffer
			if err := jpeg.Encode(&b, src, &jpeg.Options{Quality: 1 + r.IntN(100)}); err != nil {
				t.Fatal(err)
			}
			for _, by := range []int{1, 2, 4, 8} {
				got, err := decodeBytes(b.Bytes(), func(int, int) int { return by })
				if err != nil {
					t.Fatalf("%d x %d by %d: %v", w+1, h+1, by, err)
				}
				if got.W != over(w+1, by) || got.H != over(h+1, by) {
					t.Errorf("%d x %d by %d is %d x %d", w+1, h+1, by, got.W, got.H)
				}
			}
		}
	}
}

// Samples interpolated several at once are those of libjpeg's plain loop.
func TestFancyRowIsPlain(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for w := 3; w < 60; w++ {
		near, far := make([]uint8, w), make([]uint8, w)
		for i := range w {
			near[i], far[i] = uint8(r.Uint32()), uint8(r.Uint32())
			if r.IntN(4) == 0 {
				near[i], far[i] = 255, 255
			}
		}
		for n := 2*w - 1; n <= 2*w; n++ {
			got, across := make([]uint8, n), make([]uint8, n)
			fancyBoth(got, near, far)
			fancyAcross(across, near)
			for x := range n {
				c := x / 2
				o := min(max(c-1+x%2*2, 0), w-1)
				sum := func(i int) int { return 3*int(near[i]) + int(far[i]) }
				want := uint8((3*sum(c) + sum(o) + 8 - x%2) >> 4)
				row := uint8((3*int(near[c]) + int(near[o]) + 1 + x%2) >> 2)
				if got[x] != want || across[x] != row {
					t.Fatalf("width %d, pixel %d: %d and %d, want %d and %d", n, x, got[x], across[x], want, row)
				}
			}
		}
	}
}
