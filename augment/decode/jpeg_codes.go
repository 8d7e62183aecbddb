package decode

import "bytes"

// lookBits is the width of a code table's index. All but the rarest codes are
// shorter.
const lookBits = 11

// codes is a Huffman table made for measuring a scan and not for decoding it: it
// tells how many bits symbols and the values behind them take.
type codes struct {
	spec  []byte // the table as the file gives it: 16 counts, then the symbols
	first [17]int32
	last  [17]int32 // last[n]: the largest code of n bits, -1 if there is none
	at    [17]int32 // at[n]: which symbol the first code of n bits stands for

	// one[next bits]: the symbol that they begin with (bits 8 to 15) and its code's
	// length, 0 if that is longer.
	one [1 << lookBits]uint16
	// many[next bits]: the same for a sequential scan, where nothing more is asked
	// of symbols than how far they lead. Bits 0 to 4: how many bits the first one
	// and its value take, and further ones that lie wholly in these bits; 5 to 11:
	// how many of a block's values they fill, above 63 if it must be looked at one
	// by one, and whether the last one ends the block. For a block's first value it
	// is that value's bits instead of what it fills.
	many  [1 << lookBits]uint16
	ready bool // many has been made of spec
}

const (
	oneByOne   = 127 << 5
	endOfBlock = 1 << 15
)

// set reads a table. It is false for one that cannot be.
func (c *codes) set(spec []byte) bool {
	if bytes.Equal(spec, c.spec) {
		return true
	}
	c.spec = nil // until it is whole
	code, at := int32(0), int32(0)
	for n := 1; n <= 16; n++ {
		count := int32(spec[n-1])
		c.first[n], c.at[n], c.last[n] = code, at, code+count-1
		if count == 0 {
			c.last[n] = -1
		}
		code, at = code+count, at+count
		if code > 1<<n {
			return false
		}
		code <<= 1
	}
	c.spec = bytes.Clone(spec)
	clear(c.one[:])
	for n := 1; n <= lookBits; n++ {
		for i := range int32(spec[n-1]) {
			entry := uint16(c.spec[16+c.at[n]+i])<<8 | uint16(n)
			from := (c.first[n] + i) << (lookBits - n)
			for k := range int32(1) << (lookBits - n) {
				c.one[from+k] = entry
			}
		}
	}
	c.ready = false
	return true
}

// prepare makes many.
func (c *codes) prepare(ac bool) {
	if !c.ready {
		for i := range c.many {
			c.many[i] = c.measure(i, ac)
		}
		c.ready = true
	}
}

// measure makes one entry of many.
func (c *codes) measure(index int, ac bool) uint16 {
	used, filled := 0, 0
	for {
		e := c.one[index<<used&(1<<lookBits-1)]
		n, symbol := int(e&255), int(e>>8)
		run, size := symbol>>4, symbol&15
		switch {
		case n == 0, used > 0 && used+n > lookBits: // not all of its code is here
		case !ac && run == 0:
			return uint16(n + size | size<<5)
		case !ac, size == 0 && run > 0 && run < 15: // none of a sequential scan
		case symbol == 0:
			return uint16(used + n | filled<<5 | endOfBlock)
		case (used == 0 || used+n+size <= lookBits) && filled+run < 63:
			used += n + size
			filled += run + 1
			if used < lookBits {
				continue
			}
		}
		if used == 0 {
			return oneByOne
		}
		return uint16(used | filled<<5)
	}
}

// symbol takes one symbol; ok is false if there is none.
func (c *codes) symbol(b *bitReader) (symbol byte, ok bool) {
	if b.have < 32 {
		b.fill()
	}
	symbol, n := c.find(b.acc)
	b.skip(n)
	return symbol, n > 0
}

// find gives the symbol at the top of bits and its code's length, 0 if there is
// none.
func (c *codes) find(bits uint64) (symbol byte, n int) {
	if e := c.one[bits>>(64-lookBits)]; e != 0 {
		return byte(e >> 8), int(e & 255)
	}
	for n := lookBits + 1; n <= 16; n++ {
		if code := int32(bits >> (64 - n)); code <= c.last[n] && code >= c.first[n] {
			return c.spec[16+c.at[n]+code-c.first[n]], n
		}
	}
	return 0, 0
}
