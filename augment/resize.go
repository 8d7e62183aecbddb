package augment

import "math"

// Pillow's resize of 8-bit images (Resample.c), byte for byte: a filter, the
// cubic with a = -0.5 where no other is asked for, whose support grows when it
// shrinks, one pass along the rows and then one along the columns, weights in
// fixed point and bytes in between.

// weightBits leaves two bits above a byte's eight for weights beyond 1.
const weightBits = 32 - 8 - 2

// cubic is the filter, 0 beyond 2. The conversions keep compilers from fusing
// multiply and add, which would round differently on some processors.
func cubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return float64(float64((float64((a+2)*x)-(a+3))*x)*x) + 1
	case x < 2:
		return (float64((float64((x-5)*x)+8)*x) - 4) * a
	}
	return 0
}

// taps says which pixels make each pixel of a resized line: pixel i is the sum
// of weights[i*most+j] x pixel first[i]+j, over j < count[i].
type taps struct {
	first, count []int
	weights      []int32
	most         int
	by           filter
}

// filter is one of Pillow's.
type filter int

const (
	bicubic filter = iota
	bilinear
	lanczos
)

// function is the filter itself, and how far it reaches.
func (f filter) function() (at func(float64) float64, reach float64) {
	switch f {
	case bilinear:
		return func(x float64) float64 { return max(0, 1-math.Abs(x)) }, 1
	case lanczos:
		return windowedSinc, lanczosReach
	}
	return cubic, 2
}

const lanczosReach = 3

// windowedSinc is the Lanczos filter, 0 beyond 3.
func windowedSinc(x float64) float64 {
	if x < -lanczosReach || x >= lanczosReach {
		return 0
	}
	return sinc(x) * sinc(x/lanczosReach)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

// set works out the taps that resize the stretch from..to (to > from >= 0, in
// pixels, fractions allowed) of a line to n pixels, of which only those from
// begin on are wanted, many of them. Pixels outside the stretch have no say, as
// if it had been cut out first.
func (t *taps) set(from, to float64, n, begin, many int) {
	lo, hi := int(from), int(math.Ceil(to))
	scale := (to - from) / float64(n)
	wide := max(scale, 1)
	filter, reach := t.by.function()
	support := reach * wide
	t.most = int(math.Ceil(support))*2 + 1
	t.first, t.count = grow(t.first, many), grow(t.count, many)
	t.weights = grow(t.weights, many*t.most)
	var w []float64
	for i := range many {
		center := from - float64(lo) + float64((float64(begin+i)+0.5)*scale)
		first := max(0, int(center-support+0.5))
		end := min(hi-lo, int(center+support+0.5))
		w = w[:0]
		sum := 0.0
		for j := first; j < end; j++ {
			v := filter((float64(j) - center + 0.5) * (1 / wide))
			w = append(w, v)
			sum += v
		}
		for j, v := range w {
			if sum != 0 {
				v /= sum
			}
			v *= 1 << weightBits
			t.weights[i*t.most+j] = int32(v + math.Copysign(0.5, v))
		}
		t.first[i], t.count[i] = lo+first, len(w)
	}
}

// grow gives a slice of n entries, the old memory where that is enough; the
// entries may hold anything.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// along resizes one row of interleaved RGB.
func (t *taps) along(dst, src []uint8) {
	for i, first := range t.first {
		n := t.count[i]
		weights := t.weights[i*t.most:][:n]
		p := src[first*3:][:n*3]
		const half = 1 << (weightBits - 1)
		r, g, b := int32(half), int32(half), int32(half)
		for _, w := range weights {
			if len(p) < 3 {
				break // never: it spares checks below
			}
			r += int32(p[0]) * w
			g += int32(p[1]) * w
			b += int32(p[2]) * w
			p = p[3:]
		}
		d := dst[i*3:][:3]
		d[0], d[1], d[2] = clip8(r), clip8(g), clip8(b)
	}
}

// across makes row i of the result from the rows of src, each of the result's
// own length.
func (t *taps) across(dst []uint8, src []uint8, i int, sums []int32) {
	n := len(dst)
	sums = sums[:n]
	for x := range sums {
		sums[x] = 1 << (weightBits - 1)
	}
	for j, w := range t.weights[i*t.most:][:t.count[i]] {
		row := src[(t.first[i]+j)*n:][:n]
		for x, v := range row {
			sums[x] += int32(v) * w
		}
	}
	for x, v := range sums {
		dst[x] = clip8(v)
	}
}

// clip8 takes a sum's fixed-point bits off and clamps it to a byte.
func clip8(v int32) uint8 { return uint8(max(0, min(255, v>>weightBits))) }

// area is a rectangle of an image in pixels, fractions allowed.
type area struct{ left, top, right, bottom float64 }

// resizeInto resizes an area of an image to w x h pixels at dst.
func resizeInto(dst []uint8, im *Image, a area, w, h int, s *scratch) {
	resizePart(dst, im, a, w, h, Box{W: w, H: h}, s)
}

// resizePart makes only a box of those w x h pixels, at dst.
func resizePart(dst []uint8, im *Image, a area, w, h int, b Box, s *scratch) {
	s.rows.set(a.left, a.right, w, b.Left, b.W)
	s.cols.set(a.top, a.bottom, h, b.Top, b.H)
	w, h = b.W, b.H
	// The rows that the second pass looks at.
	from := s.cols.first[0]
	to := s.cols.first[h-1] + s.cols.count[h-1]
	s.cut = grow(s.cut, (to-from)*w*3)
	for y := from; y < to; y++ {
		s.rows.along(s.cut[(y-from)*w*3:][:w*3], im.Pix[y*im.W*3:][:im.W*3])
	}
	for i := range s.cols.first {
		s.cols.first[i] -= from
	}
	s.sums = grow(s.sums, w*3)
	for y := range h {
		s.cols.across(dst[y*w*3:][:w*3], s.cut, y, s.sums)
	}
}
