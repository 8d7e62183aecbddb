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

// pair puts the pixels of two rows into the lanes of words: red, green and blue
// from the lowest byte on, and anything in the fourth.
func pair(dst []uint64, upper, lower []uint8) {
	last := len(dst) - 1
	upper, lower = upper[:last*3+3], lower[:last*3+3]
	for x := range last {
		dst[x] = uint64(binary.LittleEndian.Uint32(upper[x*3:])) | uint64(binary.LittleEndian.Uint32(lower[x*3:]))<<32
	}
	pixel := func(p []uint8) uint64 { return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 }
	dst[last] = pixel(upper[last*3:]) | pixel(lower[last*3:])<<32
}

// along resizes two rows of pixels that begin where the taps do. It
// writes a byte beyond the end of each result.
func (t *taps) along(upper, lower []uint8, src []uint64) {
	for i, first := range t.first {
		weights := t.weights[i*t.most:][:t.count[i]]
		p := src[first:][:len(weights)]
		r, g, b := uint64(halves), uint64(halves), uint64(halves)
		for j, v := range p {
			w := uint64(int64(weights[j]))
			r += v & sample * w
			g += v >> 8 & sample * w
			b += v >> 16 & sample * w
		}
		if (r|g|b)&outside != 0 {
			r, g, b = clipped(r), clipped(g), clipped(b)
		}
		pixels := r>>22&sample | g>>22&sample<<8 | b>>22&sample<<16
		binary.LittleEndian.PutUint32(upper[i*3:], uint32(pixels))
		binary.LittleEndian.PutUint32(lower[i*3:], uint32(pixels>>32))
	}
}

// across makes row i of the result from the rows of src, which begin
// where the taps do, stride apart, and end with 8 bytes that may hold anything.
func (t *taps) across(dst []uint8, src []uint8, stride, i int) {
	weights := t.weights[i*t.most:][:t.count[i]]
	src = src[t.first[i]*stride:]
	for x := 0; x < len(dst); x += 8 {
		p := src[x:]
		a, b, c, d := uint64(halves), uint64(halves), uint64(halves), uint64(halves)
		for j, weight := range weights {
			v, w := binary.LittleEndian.Uint64(p[j*stride:]), uint64(int64(weight))
			a += v & sample * w
			b += v >> 8 & sample * w
			c += v >> 16 & sample * w
			d += v >> 24 & sample * w
		}
		if (a|b|c|d)&outside != 0 {
			a, b, c, d = clipped(a), clipped(b), clipped(c), clipped(d)
		}
		v := a>>22&sample | b>>22&sample<<8 | c>>22&sample<<16 | d>>22&sample<<24
		if rest := dst[x:]; len(rest) >= 8 {
			binary.LittleEndian.PutUint64(rest, v)
		} else {
			var end [8]uint8
			binary.LittleEndian.PutUint64(end[:], v)
			copy(rest, end[:])
		}
	}
}

// clipped clamps the sums in both lanes to what rounds to 0 to 255.
func clipped(v uint64) uint64 {
	low := int32(v)
	high := int32((v - uint64(int64(low))) >> 32)
	const most = 1<<(weightBits+8) - 1
	return uint64(max(0, min(most, low))) | uint64(max(0, min(most, high)))<<32
}
