package augment

import (
	"math"
	"sync"
)

// Hue turns every pixel's hue by f of a full circle (-0.5 to 0.5), through
// Pillow's 8-bit HSV, wrapping around.
func Hue(pix []uint8, f float64) {
	// numpy casts by cutting towards zero and wrapping, and adds modulo 256.
	shift := uint8(int(f * 255))
	t := hsvTables()
	for p := pix; len(p) >= 3; p = p[3:] {
		r, g, b := int32(p[0]), int32(p[1]), int32(p[2])
		hi, lo := max(r, g, b), min(r, g, b)
		chroma, mid := hi-lo, r+g+b-hi-lo
		hue := t.hue[order(r, g, b)&7][triangle(chroma)+hi-mid]
		sat := t.sat[triangle(hi)+chroma]
		turned := &t.turned[hue+shift]
		middle := round8(float64(float64(hi) * (1 - float64(t.share[sat.s]*turned.share))))
		p[turned.hi], p[turned.mid], p[turned.lo] = uint8(hi), middle, sat.lo
	}
}

// hsv is what Pillow's rgb2hsv and hsv2rgb give, by tables.
type hsv struct {
	// hue, by order, and by triangle(chroma) + the largest less the middle color.
	hue [8][triangleSize]uint8
	// sat, by triangle(largest) + chroma: the saturation, and the smallest color
	// that it comes back as.
	sat [triangleSize]struct{ s, lo uint8 }
	// share is a saturation as a share of 1.
	share [256]float64
	// turned, by hue: the share of the saturation that the middle color lacks,
	// and which of red, green and blue its three colors become.
	turned [256]struct {
		share       float64
		hi, mid, lo uint8
	}
}

// triangle is where row n of a table begins whose row i has i+1 entries.
func triangle(n int32) int32 { return n * (n + 1) / 2 }

const triangleSize = 256 * 257 / 2

// order is 4 if red is less than green, 2 if green is less than blue, and 1 if
// red is less than blue, in all.
func order(r, g, b int32) uint32 {
	return uint32(r-g)>>31<<2 | uint32(g-b)>>31<<1 | uint32(r-b)>>31
}

// hsvTables are made once.
var hsvTables = sync.OnceValue(func() *hsv {
	t := &hsv{}
	for chroma := int32(1); chroma < 256; chroma++ {
		for below := range chroma + 1 {
			for _, c := range [][3]int32{
				{chroma, chroma - below, 0},
				{chroma, 0, chroma - below},
				{chroma - below, chroma, 0},
				{0, chroma, chroma - below},
				{chroma - below, 0, chroma},
				{0, chroma - below, chroma},
			} {
				t.hue[order(c[0], c[1], c[2])][triangle(chroma)+below] = hueOf(uint8(c[0]), uint8(c[1]), uint8(c[2]))
			}
		}
	}
	for s := range t.share {
		t.share[s] = float64(float32(float64(s) / 255))
	}
	for hi := int32(1); hi < 256; hi++ {
		for chroma := range hi + 1 {
			e := &t.sat[triangle(hi)+chroma]
			e.s = uint8(float64(float32(chroma)/float32(hi)) * 255)
			e.lo = round8(float64(float64(hi) * (1 - t.share[e.s])))
		}
	}
	for h := range t.turned {
		e := &t.turned[h]
		six := float64(float32(h)) * 6 / 255
		sector := math.Floor(six)
		e.share = float64(float32(six - sector))
		if int(sector)%2 == 0 {
			e.share = 1 - e.share
		}
		at := [6][3]uint8{{0, 1, 2}, {1, 0, 2}, {1, 2, 0}, {2, 1, 0}, {2, 0, 1}, {0, 2, 1}}[int(sector)%6]
		e.hi, e.mid, e.lo = at[0], at[1], at[2]
	}
	return t
})

// hueOf is the hue of a color that is not gray, as Pillow's rgb2hsv (Convert.c, after
// colorsys.py).
func hueOf(r, g, b uint8) uint8 {
	hi, lo := max(r, g, b), min(r, g, b)
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
	// fmod(a/6 + 1, 1): the sum lies in [0.8, 1.9), the difference is exact.
	turn := float64(a)/6 + 1
	if turn >= 1 {
		turn--
	}
	return uint8(float64(float32(turn)) * 255)
}

// round8 rounds halves up to a byte; v is 0 to 255.
func round8(v float64) uint8 { return uint8(int32(v + 0.5)) }
