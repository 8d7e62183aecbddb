package augment

import "encoding/binary"

// narrow is what blur3 makes of all rows and then of all columns, for a radius
// of 0 or 1: without a running sum, eight bytes of a row at once.
func (b box) narrow(pix []uint8, w, h int, s *scratch) {
	m, row := b.radius+1, w*3
	const more = 8 // bytes behind each buffer, since whole words are loaded
	s.line = grow(s.line, 2*(row+2*m*3+more))
	from, to := s.line[:row+2*m*3+more], s.line[row+2*m*3+more:]
	size := (h+2*m)*row + more
	s.tall = grow(s.tall, 2*size)
	above, below := s.tall[:size], s.tall[size:]
	for y := range h {
		copy(from[m*3:], pix[y*row:][:row])
		repeatEnds(from, m, w, 3)
		b.words(to[m*3:][:row], from, 3)
		repeatEnds(to, m, w, 3)
		b.words(from[m*3:][:row], to, 3)
		repeatEnds(from, m, w, 3)
		b.words(above[(m+y)*row:][:row], from, 3)
	}
	repeatEnds(above, m, h, row)
	b.words(below[m*row:][:h*row], above, row)
	repeatEnds(below, m, h, row)
	b.words(above[m*row:][:h*row], below, row)
	repeatEnds(above, m, h, row)
	b.words(pix[:h*row], above, row)
}

// repeatEnds fills the m places before and behind n places of size bytes.
func repeatEnds(line []uint8, m, n, size int) {
	for i := range m {
		copy(line[i*size:][:size], line[m*size:])
		copy(line[(m+n+i)*size:][:size], line[(m+n-1)*size:])
	}
}

// words runs the box once: byte i of dst from 2*radius+3 bytes of src, step
// apart from byte i on. Sums of bytes take 16 bits of a word, and their products
// with the weights 32, where two are multiplied at once.
func (b box) words(dst, src []uint8, step int) {
	const (
		bytes = 0x00ff_00ff_00ff_00ff
		sums  = 0x0000_ffff_0000_ffff
		half  = 1<<23<<32 | 1<<23
		top   = 0xff00_0000_ff00_0000
	)
	ww, fw, reach := uint64(b.ww), uint64(b.fw), 2*(b.radius+1)*step
	for i := 0; i < len(dst); i += 8 {
		p := src[i:][:reach+8]
		first, last := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[reach:])
		farEven, farOdd := first&bytes+last&bytes, first>>8&bytes+last>>8&bytes
		var even, odd uint64
		for at := step; at < reach; at += step {
			v := binary.LittleEndian.Uint64(p[at:])
			even += v & bytes
			odd += v >> 8 & bytes
		}
		v := (even&sums*ww+farEven&sums*fw+half)&top>>24 |
			(odd&sums*ww+farOdd&sums*fw+half)&top>>16 |
			(even>>16&sums*ww+farEven>>16&sums*fw+half)&top>>8 |
			(odd>>16&sums*ww+farOdd>>16&sums*fw+half)&top
		if rest := dst[i:]; len(rest) >= 8 {
			binary.LittleEndian.PutUint64(rest, v)
		} else {
			var end [8]uint8
			binary.LittleEndian.PutUint64(end[:], v)
			copy(rest, end[:])
		}
	}
}
