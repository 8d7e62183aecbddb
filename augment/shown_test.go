package augment

import (
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// Pillow's bilinear filter, within one gray level.
func TestBilinearAgainstPillow(t *testing.T) {
	want := golden.Open(t, "attention.safetensors").Bytes("photo.square64_bilinear")
	photo, err := ReadUpright(golden.Path(t, "photo.png"))
	if err != nil {
		t.Fatal(err)
	}
	got := resizedBilinear(photo, 64, 64).Pix
	if len(got) != len(want) {
		t.Fatalf("%d bytes, want %d", len(got), len(want))
	}
	for i := range got {
		if d := int(got[i]) - int(want[i]); d < -1 || d > 1 {
			t.Fatalf("byte %d is %d, want %d", i, got[i], want[i])
		}
	}
}

func TestShownSize(t *testing.T) {
	for _, c := range []struct{ w, h, short, wantW, wantH int }{
		{97, 131, 480, 480, 648}, {131, 97, 480, 648, 480}, {640, 480, 480, 640, 480}, {3, 3, 7, 7, 7}, {1000, 1, 4, 4000, 4}, {1, 1, 1, 1, 1},
	} {
		if w, h := ShownSize(c.w, c.h, c.short); w != c.wantW || h != c.wantH {
			t.Errorf("%d x %d by %d: %d x %d, want %d x %d", c.w, c.h, c.short, w, h, c.wantW, c.wantH)
		}
	}
	im := NewImage(8, 6)
	if Shown(im, 6) != im {
		t.Error("an image of the right size was resampled")
	}
	if s := Shown(im, 3); s.W != 4 || s.H != 3 {
		t.Errorf("8 x 6 became %d x %d", s.W, s.H)
	}
}

// A folder's images come upright when asked so, and as they are stored otherwise.
func TestDecodeUpright(t *testing.T) {
	path := golden.Path(t, "../formats/exif-orientation.jpg")
	src, err := OpenFolder(golden.Path(t, "../formats"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range src.Len() {
		if src.Name(i) != "exif-orientation.jpg" {
			continue
		}
		stored, err := src.Decode(i)
		if err != nil {
			t.Fatal(err)
		}
		turned, err := Upright(src).Decode(i)
		if err != nil {
			t.Fatal(err)
		}
		read, err := ReadUpright(path)
		if err != nil {
			t.Fatal(err)
		}
		if turned.W != stored.H || turned.H != stored.W || read.W != turned.W || stored.W == stored.H {
			t.Errorf("stored %d x %d, upright %d x %d and %d x %d", stored.W, stored.H, turned.W, turned.H, read.W, read.H)
		}
		return
	}
	t.Fatal("the image is not in its folder")
}

func TestOpenAnimation(t *testing.T) {
	for name, frames := range map[string]int{"animated.gif": 2, "palette.gif": 0, "rgb.png": 0} {
		a, ok, err := OpenAnimation(golden.Path(t, "../formats/"+name))
		if err != nil || ok != (frames > 0) || ok && a.Len() != frames {
			t.Errorf("%s: %v, %v, want %d frames", name, ok, err, frames)
		}
	}
	if _, _, err := OpenAnimation("no such file.gif"); err == nil {
		t.Error("a file that is not there was opened")
	}
}

// The middle of a wide image and of a high one, however long they are.
func TestSquare(t *testing.T) {
	for _, c := range []struct{ w, h, size, left, top int }{{9, 3, 3, 3, 0}, {3, 8, 3, 0, 2}, {4, 4, 4, 0, 0}, {5000, 2, 2, 2499, 0}} {
		im := NewImage(c.w, c.h)
		for i := range im.Pix {
			im.Pix[i] = uint8(i * 7)
		}
		got := Square(im, c.size)
		if got.W != c.size || got.H != c.size {
			t.Fatalf("%+v: %d x %d", c, got.W, got.H)
		}
		for y := range c.size {
			for x := range c.size {
				at, want := 3*(y*c.size+x), 3*((c.top+y)*c.w+c.left+x)
				if got.Pix[at] != im.Pix[want] || got.Pix[at+2] != im.Pix[want+2] {
					t.Fatalf("%+v: another pixel at %d,%d", c, x, y)
				}
			}
		}
	}
	if got := Square(NewImage(20, 50), 7); got.W != 7 || got.H != 7 {
		t.Errorf("shrunk to %d x %d", got.W, got.H)
	}
}
