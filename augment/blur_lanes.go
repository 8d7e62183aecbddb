package augment

import "encoding/binary"

// narrow is what blur3 makes of all rows and then of all columns, for a radius
// of 0 or 1: without a running sum, eight bytes at once.
func (b box) narrow(pix []uint8, w, h int, s *scratch) {
	m, row := b.radius+1, w*3
	n := (row + 7) / 8 // words of a row
	long := (2*m*3 + 8*n + 7) &^ 7
	s.line = grow(s.line, 2*long)
	from, to := s.line[:long], s.line[long:]
	size := (h + 2*m) * n
	s.words = grow(s.words, 2*size)
	above, below := s.words[:size], s.words[size:]
	for y := range h {
		copy(from[m*3:], pix[y*row:][:row])
		repeatEnds(from, m, w, 3)
		b.alongRow(to[m*3:], from, n)
		repeatEnds(to, m, w, 3)
		b.alongRow(from[m*3:], to, n)
		repeatEnds(from, m, w, 3)
		b.alongRow(to, from, n)
		toWords(above[(m+y)*n:][:n], to)
	}
	for range 2 {
		repeatEnds(above, m, h, n)
		b.acrossRows(below[m*n:][:h*n], above, n)
		above, below = below, above
	}
	repeatEnds(above, m, h, n)
	b.acrossRows(below[:h*n], above, n)
	for y := range h {
		for x, v := range below[y*n:][:n] {
			putWord(pix[y*row:][:row], x*8, v)
		}
	}
}

// repeatEnds fills the m places before and behind n places of size entries each.
func repeatEnds[T any](line []T, m, n, size int) {
	for i := range m {
		copy(line[i*size:][:size], line[m*size:])
		copy(line[(m+n+i)*size:][:size], line[(m+n-1)*size:])
	}
}

// alongRow runs the box once along a row of n words whose margins src has, too.
func (b box) alongRow(dst, src []uint8, n int) {
	word := func(p []uint8, i int) uint64 { return binary.LittleEndian.Uint64(p[i : i+8]) }
	p0, p1, p2 := src[:8*n], src[3:][:8*n], src[6:][:8*n]
	dst = dst[:8*n]
	if b.radius == 0 {
		for i := 0; i+8 <= len(p0); i += 8 {
			binary.LittleEndian.PutUint64(dst[i:i+8], b.three(word(p0, i), word(p1, i), word(p2, i)))
		}
		return
	}
	p3, p4 := src[9:][:8*n], src[12:][:8*n]
	for i := 0; i+8 <= len(p0); i += 8 {
		binary.LittleEndian.PutUint64(dst[i:i+8], b.five(word(p0, i), word(p1, i), word(p2, i), word(p3, i), word(p4, i)))
	}
}

// acrossRows runs the box once along the columns of rows of n words, for which
// src has margins above and below.
func (b box) acrossRows(dst, src []uint64, n int) {
	p0, p1, p2 := src[:len(dst)], src[n:][:len(dst)], src[2*n:][:len(dst)]
	if b.radius == 0 {
		for i := range dst {
			dst[i] = b.three(p0[i], p1[i], p2[i])
		}
		return
	}
	p3, p4 := src[3*n:][:len(dst)], src[4*n:][:len(dst)]
	for i := range dst {
		dst[i] = b.five(p0[i], p1[i], p2[i], p3[i], p4[i])
	}
}

// Sums of bytes have 16 bits of a word, and their products with the weights 32.
const (
	evens    = 0x00ff_00ff_00ff_00ff // every second byte
	sums     = 0x0000_ffff_0000_ffff // every second sum
	rounding = 1<<23<<32 | 1<<23
	topBytes = 0xff00_0000_ff00_0000
)

// three is the box of radius 0 on eight bytes and those to their left and right.
func (b box) three(left, v, right uint64) uint64 {
	return b.weigh(v&evens, v>>8&evens, left&evens+right&evens, left>>8&evens+right>>8&evens)
}

// five is the box of radius 1.
func (b box) five(far, left, v, right, farther uint64) uint64 {
	return b.weigh(left&evens+v&evens+right&evens, left>>8&evens+v>>8&evens+right>>8&evens,
		far&evens+farther&evens, far>>8&evens+farther>>8&evens)
}

// weigh makes eight bytes from four sums of even and of odd places each, and of
// the bytes at either end of the box.
func (b box) weigh(even, odd, farEven, farOdd uint64) uint64 {
	ww, fw := uint64(b.ww), uint64(b.fw)
	return (even&sums*ww+farEven&sums*fw+rounding)&topBytes>>24 |
		(odd&sums*ww+farOdd&sums*fw+rounding)&topBytes>>16 |
		(even>>16&sums*ww+farEven>>16&sums*fw+rounding)&topBytes>>8 |
		(odd>>16&sums*ww+farOdd>>16&sums*fw+rounding)&topBytes
}
