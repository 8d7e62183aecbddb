package augment

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The tables give what Pillow's formulas do, for every order and distance of the
// three colors, and every shift.
func TestHueIsPillows(t *testing.T) {
	for chroma := range 256 {
		for below := range chroma + 1 {
			lo := (chroma*7 + below*13) % (256 - chroma)
			hi, mid := lo+chroma, lo+chroma-below
			for _, c := range [6][3]int{{hi, mid, lo}, {hi, lo, mid}, {mid, hi, lo}, {lo, hi, mid}, {mid, lo, hi}, {lo, mid, hi}} {
				f := float64((chroma+below*3)%255-127) / 254
				got := []uint8{uint8(c[0]), uint8(c[1]), uint8(c[2])}
				h, s, v := plainHSV(got[0], got[1], got[2])
				r, g, b := plainRGB(h+uint8(int(f*255)), s, v)
				if Hue(got, f); got[0] != r || got[1] != g || got[2] != b {
					t.Fatalf("hue %g of %v gives %v, want (%d,%d,%d)", f, c, got, r, g, b)
				}
			}
		}
	}
}

// Saturation is a blend with the luma, whatever the factor.
func TestSaturationIsBlend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64Range(0, 4).Draw(t, "f")
		im := noise(64, 64, rapid.Uint64().Draw(t, "seed"))
		want := append([]uint8(nil), im.Pix...)
		for p := want; len(p) > 0; p = p[3:] {
			l := luma(p[0], p[1], p[2])
			p[0], p[1], p[2] = blend(l, p[0], float32(f)), blend(l, p[1], float32(f)), blend(l, p[2], float32(f))
		}
		Saturation(im.Pix, f)
		for i, v := range im.Pix {
			if v != want[i] {
				t.Fatalf("byte %d is %d by factor %g, want %d", i, v, f, want[i])
			}
		}
	})
}

// plainHSV is Pillow's rgb2hsv.
func plainHSV(r, g, b uint8) (h, s, v uint8) {
	hi, lo := max(r, g, b), min(r, g, b)
	if hi == lo {
		return 0, 0, hi
	}
	cr := float32(hi - lo)
	rc, gc, bc := float32(hi-r)/cr, float32(hi-g)/cr, float32(hi-b)/cr
	var a float32
	switch hi {
	case r:
		a = bc - gc
	case g:
		a = float32(2.0 + float64(rc) - float64(bc))
	default:
		a = float32(4.0 + float64(gc) - float64(rc))
	}
	turn := float32(math.Mod(float64(a)/6+1, 1))
	return uint8(float64(turn) * 255), uint8(float64(cr/float32(hi)) * 255), hi
}

// plainRGB is Pillow's hsv2rgb.
func plainRGB(h, s, v uint8) (r, g, b uint8) {
	if s == 0 {
		return v, v, v
	}
	round := func(v float64) uint8 { return uint8(max(0, min(255, math.Floor(v+0.5)))) }
	six := float64(float32(h)) * 6 / 255
	i := math.Floor(six)
	f := float64(float32(six - i))
	fs, fv := float64(float32(float64(s)/255)), float64(v)
	p := round(float64(fv * (1 - fs)))
	q := round(float64(fv * (1 - float64(fs*f))))
	t := round(float64(fv * (1 - float64(fs*(1-f)))))
	switch int(i) % 6 {
	case 0:
		return v, t, p
	case 1:
		return q, v, p
	case 2:
		return p, v, t
	case 3:
		return p, q, v
	case 4:
		return t, p, v
	}
	return v, p, q
}
