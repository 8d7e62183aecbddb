package augment

import (
	"fmt"
	"testing"
)

// Every color step against Pillow: exactly, not to a level.
// Each color step is torchvision's or Pillow's (testdata/golden/make.py) to the byte.
func TestColorGolden(t *testing.T) {
	g := openGolden(t)
	steps := map[string]func(pix []uint8, f float64){
		"brightness": Brightness, "contrast": Contrast, "saturation": Saturation, "hue": Hue,
	}
	for _, c := range []struct {
		step string
		f    string
	}{
		{"brightness", "0.6"},
		{"brightness", "1.4"},
		{"contrast", "0.6"},
		{"contrast", "1.4"},
		{"saturation", "0.8"},
		{"saturation", "1.2"},
		{"hue", "-0.1"},
		{"hue", "0.07"},
	} {
		im := g.image("base")
		var f float64
		if _, err := fmt.Sscan(c.f, &f); err != nil {
			t.Fatal(err)
		}
		steps[c.step](im.Pix, f)
		within(t, c.step+"."+c.f, im.Pix, g.image(c.step+"."+c.f).Pix, 0)
	}
	im := g.image("base")
	Grayscale(im.Pix)
	within(t, "gray", im.Pix, g.image("gray").Pix, 0)
	im = g.image("base")
	Solarize(im.Pix)
	within(t, "solarize", im.Pix, g.image("solarize").Pix, 0)
	im = g.image("base")
	Flip(im.Pix, im.W)
	within(t, "flip", im.Pix, g.image("flip").Pix, 0)
}

func TestColorChainGolden(t *testing.T) {
	g := openGolden(t)
	im := g.image("base")
	Contrast(im.Pix, 1.2)
	Brightness(im.Pix, 0.8)
	Saturation(im.Pix, 1.1)
	Hue(im.Pix, 0.05)
	name := "chain.contrast1.2_brightness0.8_saturation1.1_hue0.05"
	within(t, name, im.Pix, g.image(name).Pix, 0)
}

// All of the 8-bit HSV cube: no color may leave the byte range or panic, a
// whole turn of grays changes nothing, and hue never changes the largest of
// the three by more than rounding.
func TestHueEveryCorner(t *testing.T) {
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				for _, f := range []float64{-0.5, -0.1, 0, 0.03, 0.5} {
					p := []uint8{uint8(r), uint8(g), uint8(b)}
					Hue(p, f)
					if got, want := max(p[0], p[1], p[2]), uint8(max(r, g, b)); got != want {
						t.Fatalf("hue %g of (%d,%d,%d) gives %v: value %d, want %d", f, r, g, b, p, got, want)
					}
				}
			}
		}
	}
}

// Factor 1 must leave an image alone, factor 0 must give the other end.
func TestColorEnds(t *testing.T) {
	base := noise(9, 7, 1)
	for name, step := range map[string]func([]uint8, float64){"brightness": Brightness, "contrast": Contrast, "saturation": Saturation} {
		pix := append([]uint8(nil), base.Pix...)
		step(pix, 1)
		within(t, name+" 1", pix, base.Pix, 0)
	}
	black := append([]uint8(nil), base.Pix...)
	Brightness(black, 0)
	within(t, "brightness 0", black, make([]uint8, len(black)), 0)
	gray, want := append([]uint8(nil), base.Pix...), append([]uint8(nil), base.Pix...)
	Saturation(gray, 0)
	Grayscale(want)
	within(t, "saturation 0", gray, want, 0)
}
