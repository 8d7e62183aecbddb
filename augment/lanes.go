package augment

import "encoding/binary"

// The two passes of resize multiply two samples at once: each has 32 bits of a
// word, a lane, and the word is multiplied by their common weight. A sum of such
// products is the sums of both, which fit in 32 bits with their sign; where the
// lower one is negative it has borrowed 1 from the upper one.
const (
	sample  = 0x0000_00ff_0000_00ff                     // the lowest byte of each lane
	halves  = 1<<(weightBits-1)<<32 | 1<<(weightBits-1) // for rounding
	outside = 0xc000_0000_c000_0000                     // bits of sums below 0 or above 255
)

// twoPixels is a pixel of each of two rows, the upper row's in the lower lanes.
type twoPixels struct{ r, g, b uint64 }

// pair puts the pixels of two rows side by side.
func pair(dst []twoPixels, upper, lower []uint8) {
	last := len(dst) - 1
	for x := range last {
		v := uint64(binary.LittleEndian.Uint32(upper[x*3:x*3+4])) | uint64(binary.LittleEndian.Uint32(lower[x*3:x*3+4]))<<32
		dst[x] = twoPixels{v & sample, v >> 8 & sample, v >> 16 & sample}
	}
	both := func(at int) uint64 { return uint64(upper[at]) | uint64(lower[at])<<32 }
	dst[last] = twoPixels{both(last * 3), both(last*3 + 1), both(last*3 + 2)}
}

// along resizes two rows of pixels that begin where the taps do. It writes a byte
// beyond the end of each result.
func (t *taps) along(upper, lower []uint8, src []twoPixels) {
	weights, most := t.weights, t.most
	for i, n := range t.count {
		r, g, b := uint64(halves), uint64(halves), uint64(halves)
		p := src[t.first[i]:][:n]
		for j, weight := range weights[:n] {
			w := uint64(int64(weight))
			r += p[j].r * w
			g += p[j].g * w
			b += p[j].b * w
		}
		weights = weights[most:]
		if (r|g|b)&outside != 0 {
			r, g, b = clipped(r), clipped(g), clipped(b)
		}
		// Every fourth byte may hold anything.
		pixels := r>>22&sample | g>>14&(sample<<8) | b>>6&0xffff_0000_ffff_0000
		binary.LittleEndian.PutUint32(upper[i*3:], uint32(pixels))
		binary.LittleEndian.PutUint32(lower[i*3:], uint32(pixels>>32))
	}
}

// across makes row i of the result from rows of n words that begin where the
// taps do.
func (t *taps) across(dst []uint8, src []uint64, n, i int) {
	weights := t.weights[i*t.most:][:t.count[i]]
	src = src[t.first[i]*n:]
	for x := range n {
		a, b, c, d := uint64(halves), uint64(halves), uint64(halves), uint64(halves)
		at := x
		for _, weight := range weights {
			v, w := src[at], uint64(int64(weight))
			a += v & sample * w
			b += v >> 8 & sample * w
			c += v >> 16 & sample * w
			d += v >> 24 & sample * w
			at += n
		}
		if (a|b|c|d)&outside != 0 {
			a, b, c, d = clipped(a), clipped(b), clipped(c), clipped(d)
		}
		putWord(dst, x*8, a>>22&sample|b>>14&(sample<<8)|c>>6&(sample<<16)|d<<2&(sample<<24))
	}
}

// clipped clamps the sums in both lanes to what rounds to 0 to 255.
func clipped(v uint64) uint64 {
	low := int32(v)
	high := int32((v - uint64(int64(low))) >> 32)
	const most = 1<<(weightBits+8) - 1
	return uint64(max(0, min(most, low))) | uint64(max(0, min(most, high)))<<32
}

// toWords gives the bytes of src, the last word with anything behind them.
func toWords(dst []uint64, src []uint8) {
	for i := range dst {
		dst[i] = binary.LittleEndian.Uint64(src[i*8 : i*8+8])
	}
}

// putWord writes eight bytes, or fewer where dst ends.
func putWord(dst []uint8, at int, v uint64) {
	if at+8 <= len(dst) {
		binary.LittleEndian.PutUint64(dst[at:at+8], v)
		return
	}
	for ; at < len(dst); at++ {
		dst[at] = uint8(v)
		v >>= 8
	}
}
