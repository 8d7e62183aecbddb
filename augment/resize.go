package augment

import "math"

// Pillow's resize of 8-bit images (Resample.c), byte for byte: a filter, the
// cubic with a = -0.5 where no other is asked for, whose support grows when it
// shrinks, one pass along the rows and then one along the columns, weights in
// fixed point and bytes in between.

// weightBits leaves two bits above a byte's eight for weights beyond 1.
const weightBits = 32 - 8 - 2

// taps says which pixels make each pixel of a resized line, of those from..to:
// pixel i is the sum of weights[i*most+j] x pixel from+first[i]+j, over
// j < count[i].
type taps struct {
	from, to     int
	first, count []int
	weights      []int32
	most         int
	by           filter
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
		if i == 0 {
			t.from = lo + first
		}
		t.first[i], t.count[i] = lo+first-t.from, len(w)
		t.to = lo + end
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
	left, right, top, bottom := s.rows.from, s.rows.to, s.cols.from, s.cols.to
	columns := func(y int) []uint8 { return im.Pix[(y*im.W+left)*3 : (y*im.W+right)*3] }
	// Results have room for whole words at their end, and a row too many where
	// the number of rows is odd.
	n := (w*3 + 7) / 8
	s.pairs, s.line, s.words = grow(s.pairs, right-left), grow(s.line, 2*(n*8+8)), grow(s.words, (bottom-top+1)*n)
	upper, lower := s.line[:n*8+8], s.line[n*8+8:]
	for y := top; y < bottom; y += 2 {
		pair(s.pairs, columns(y), columns(min(y+1, bottom-1)))
		s.rows.along(upper, lower, s.pairs)
		to := s.words[(y-top)*n:]
		toWords(to[:n], upper)
		toWords(to[n:][:n], lower)
	}
	for y := range h {
		s.cols.across(dst[y*w*3:][:w*3], s.words, n, y)
	}
}
