package augment

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// Twelve bits in sixteen are black without a range, and use all gray levels with theirs; however a source is looked at.
func TestRangeOfASource(t *testing.T) {
	dir := t.TempDir()
	im := image.NewGray16(image.Rect(0, 0, 3, 1))
	for x, v := range []uint16{0, 2048, 4095} {
		im.SetGray16(x, 0, color.Gray16{Y: v})
	}
	f, err := os.Create(filepath.Join(dir, "xray.png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, im); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	plain, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	wide := WithRange(plain, 0, 4095)
	for name, x := range map[string]struct {
		decode func() (*Image, error)
		want   [3]uint8
	}{
		"without":    {func() (*Image, error) { return plain.Decode(0) }, [3]uint8{0, 8, 15}},
		"with":       {func() (*Image, error) { return wide.Decode(0) }, [3]uint8{0, 128, 255}},
		"of a part":  {func() (*Image, error) { return Slice(wide, 0, 1).Decode(0) }, [3]uint8{0, 128, 255}},
		"for a crop": {func() (*Image, error) { return decodeAs(Limit(wide, 1), 0, decode.Options{}) }, [3]uint8{0, 128, 255}},
	} {
		im, err := x.decode()
		if err != nil {
			t.Fatal(err)
		}
		if got := [3]uint8{im.Pix[0], im.Pix[3], im.Pix[6]}; got != x.want {
			t.Errorf("%s: gray levels %v, want %v", name, got, x.want)
		}
	}
	if lo, hi, ok := FindRange(plain, 5); !ok || lo != 0 || hi != 4095 {
		t.Errorf("found %g to %g, %v", lo, hi, ok)
	}
	if err := os.WriteFile(filepath.Join(dir, "eight.png"), pngOf(image.NewGray(image.Rect(0, 0, 2, 2))), 0o666); err != nil {
		t.Fatal(err)
	}
	both, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := FindRange(Slice(both, 0, 1), 5); ok {
		t.Error("a range of 8 bits was found")
	}
	if Fingerprint(wide) != Fingerprint(plain) {
		t.Error("a range changes the fingerprint")
	}
}
