package hostile

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
)

// numbers are those at which lengths and counts go wrong.
var numbers = []uint64{
	0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 1 << 20, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 32, 1 << 40,
	1<<61 - 1, 1<<62 + 1, 1<<63 - 1, 1 << 63, 1<<64 - 16, 1<<64 - 1,
}

// mutated is one of the seeds with one to four changes.
func mutated(r *rand.Rand, seeds [][]byte) []byte {
	data := bytes.Clone(seeds[r.IntN(len(seeds))])
	for range 1 + r.IntN(4) {
		if len(data) == 0 {
			data = []byte{byte(r.Uint32())}
		}
		at := r.IntN(len(data))
		stretch := data[at:min(len(data), at+1+r.IntN(32))]
		switch r.IntN(9) {
		case 0: // a bit
			data[at] ^= 1 << r.IntN(8)
		case 1: // a byte
			data[at] = byte(r.Uint32())
		case 2: // a byte, to one that is in the file already: an opcode for another
			data[at] = data[r.IntN(len(data))]
		case 3: // a number of 1 to 8 bytes
			var raw [8]byte
			binary.LittleEndian.PutUint64(raw[:], numbers[r.IntN(len(numbers))])
			if r.IntN(4) == 0 {
				slices.Reverse(raw[:])
			}
			copy(data[at:], raw[:1<<r.IntN(4)])
		case 4: // bytes left out
			data = slices.Delete(data, at, at+len(stretch))
		case 5: // bytes a few times more
			data = slices.Insert(data, at, bytes.Repeat(stretch, 1+r.IntN(4))...)
		case 6: // bytes from elsewhere, of any seed
			from := seeds[r.IntN(len(seeds))]
			if len(from) > 0 {
				begin := r.IntN(len(from))
				copy(data[at:], from[begin:min(len(from), begin+len(stretch))])
			}
		case 7: // two stretches changed about
			other := r.IntN(len(data))
			for i := range stretch {
				if j := other + i; j < len(data) {
					stretch[i], data[j] = data[j], stretch[i]
				}
			}
		case 8: // the end cut off
			data = data[:at]
		}
	}
	return data
}
