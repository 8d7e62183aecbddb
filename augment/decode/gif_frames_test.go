package decode

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"os"
	"strings"
	"testing"
)

// animation encodes frames of one row of gray pixels; -1 is transparent.
func animation(t *testing.T, frames [][]int, left []int, disposal []byte) []byte {
	t.Helper()
	colors := color.Palette{color.RGBA{}}
	for v := range 16 {
		colors = append(colors, color.RGBA{uint8(v), uint8(v), uint8(v), 255})
	}
	g := &gif.GIF{Config: image.Config{Width: 4, Height: 1, ColorModel: colors}}
	for i, f := range frames {
		im := image.NewPaletted(image.Rect(left[i], 0, left[i]+len(f), 1), colors)
		for x, v := range f {
			im.Pix[x] = uint8(v + 1)
		}
		g.Image, g.Delay, g.Disposal = append(g.Image, im), append(g.Delay, 10*(i+1)), append(g.Disposal, disposal[i])
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func grayOf(im *Image) []uint8 {
	var all []uint8
	for i := range im.W * im.H {
		all = append(all, im.Pix[3*i])
	}
	return all
}

// Frames lie over each other as they say, in any order of asking.
func TestAnimation(t *testing.T) {
	data := animation(t,
		[][]int{{1, 2, 3, 4}, {9, -1}, {8}, {7, 7}, {6}},
		[]int{0, 1, 0, 2, 3},
		[]byte{gif.DisposalNone, gif.DisposalNone, gif.DisposalPrevious, gif.DisposalBackground, gif.DisposalNone},
	)
	a, ok, err := OpenAnimation(data)
	if err != nil || !ok || a.Len() != 5 {
		t.Fatalf("%v, %v: %+v", ok, err, a)
	}
	want := [][]uint8{
		{1, 2, 3, 4},
		{1, 9, 3, 4}, // what is transparent stays
		{8, 9, 3, 4},
		{1, 9, 7, 7}, // the frame before is taken away
		{1, 9, 0, 6}, // and here its place is emptied
	}
	for _, i := range []int{0, 1, 2, 3, 4, 2, 2, 0, 4} {
		im, err := a.Frame(i)
		if err != nil || im.W != 4 || !bytes.Equal(grayOf(im), want[i]) {
			t.Errorf("frame %d: %v, %v, want %v", i, im, err, want[i])
		}
		if a.Delay(i) != 10*(i+1) {
			t.Errorf("frame %d is shown for %d", i, a.Delay(i))
		}
	}
	single, err := decodeBytes(data, nil)
	if err != nil || !bytes.Equal(grayOf(single), want[0]) {
		t.Errorf("as a single image: %v, %v", single, err)
	}
}

// A cut file gives the frames before the cut, and no other file is taken for one.
func TestAnimationCut(t *testing.T) {
	data, err := os.ReadFile("../../testdata/formats/animated.gif")
	if err != nil {
		t.Fatal(err)
	}
	whole, _, err := OpenAnimation(data)
	if err != nil || whole.Len() != 2 {
		t.Fatalf("%v: %+v", err, whole)
	}
	first, err := decodeBytes(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	if im, err := whole.Frame(0); err != nil || !bytes.Equal(im.Pix, first.Pix) {
		t.Errorf("its first frame is not what a single image is (%v)", err)
	}
	for n := range len(data) {
		a, ok, err := OpenAnimation(data[:n])
		if n >= 4 && !ok {
			t.Fatalf("%d bytes are no GIF", n)
		}
		if err != nil {
			continue
		}
		for i := range 3 {
			if ok && i < a.Len() {
				if _, err := a.Frame(i); err != nil && !strings.Contains(err.Error(), "damaged GIF (frame") {
					t.Errorf("%d bytes, frame %d: %v", n, i, err)
				}
			}
		}
	}
	if _, ok, err := OpenAnimation([]byte("no GIF")); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}
