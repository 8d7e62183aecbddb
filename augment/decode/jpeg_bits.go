package decode

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// bitReader takes bits from one stretch of a JPEG scan, the highest first. Past
// its end it gives zeros and counts them.
type bitReader struct {
	data  []byte // what is not in acc yet, without byte stuffing
	acc   uint64 // the next bits, from the top
	have  int    // how many bits of acc are filled
	extra int    // how many bits past the end were filled in
}

// fill makes acc hold 32 bits or more.
func (b *bitReader) fill() {
	if len(b.data) < 8 {
		b.fillEnd()
		return
	}
	b.acc |= binary.BigEndian.Uint64(b.data) >> (b.have & 63)
	n := (63 - b.have) >> 3
	b.data = b.data[n:]
	b.have += n * 8
}

// fillEnd is fill where eight bytes or fewer are left.
func (b *bitReader) fillEnd() {
	for b.have <= 56 {
		if len(b.data) > 0 {
			b.acc |= uint64(b.data[0]) << (56 - b.have)
			b.data = b.data[1:]
		} else {
			b.extra += 8
		}
		b.have += 8
	}
}

// skip passes over n bits, at most as many as acc holds.
func (b *bitReader) skip(n int) {
	b.acc <<= n
	b.have -= n
}

// take gives the next n bits, n at most 16.
func (b *bitReader) take(n int) int {
	if b.have < 32 {
		b.fill()
	}
	v := int(b.acc >> 1 >> (63 - n))
	b.skip(n)
	return v
}

// drop passes over n bits, however many.
func (b *bitReader) drop(n int) {
	for n > 0 {
		if b.have < 32 {
			b.fill()
		}
		step := min(n, b.have)
		b.skip(step)
		n -= step
	}
}

// short tells that more bits were taken than the stretch has.
func (b *bitReader) short() bool { return b.extra > b.have }

// rest tells that whole bytes are left over that are not mere filling.
func (b *bitReader) rest() bool {
	for n := b.have - b.extra; n >= 8; n -= 8 {
		// acc's whole bytes end at the last bit that the data has.
		if v := byte(b.acc >> (64 - n)); v != 0 && v != 0xff {
			return true
		}
	}
	return len(bytes.Trim(b.data, "\x00\xff")) > 0
}

// between has the bits from <= k <= to.
func between(from, to int) uint64 {
	return ^uint64(0) << from & (^uint64(0) >> (63 - to))
}

func ones(v uint64) int { return bits.OnesCount64(v) }
