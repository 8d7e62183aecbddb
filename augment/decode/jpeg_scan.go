package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// A damaged scan has no checksum to tell it by, and decoders fill what they
// cannot read with flat color and say nothing. So each scan is measured first:
// its codes are walked from end to end without decoding a pixel. Codes that do
// not exist, blocks that are too long, and too few or too many bits for the
// image's blocks are damage. What cannot be told is a changed value that leaves
// all codes behind it in step.

// scanner walks the scans of one JPEG. It is kept between files for its memory
// and for code tables that files have in common.
type scanner struct {
	own     [2][4]codes  // what files have brought, by class (DC, AC) and number
	now     [2][4]*codes // what counts in this file so far, nil: none
	restart int          // units between restart markers, 0: none
	steps   [4]int       // each quantization table's step for a block's first value
	plain   []byte       // a stretch without byte stuffing
	run     int          // blocks that end at once, in a progressive scan
}

// scan is one scan's header.
type scan struct {
	comps               []*component
	from, to, high, low int
}

// stretch unstuffs the scan's bytes up to the next marker, fills b with them,
// and gives that marker and where it stands.
func (s *scanner) stretch(data []byte, at int, b *bitReader) (marker byte, next int) {
	s.plain = s.plain[:0]
	for {
		i := bytes.IndexByte(data[at:], 0xff)
		if i < 0 || at+i+1 >= len(data) {
			s.plain = append(s.plain, data[at:]...)
			*b = bitReader{data: s.plain}
			return 0, len(data)
		}
		s.plain = append(s.plain, data[at:at+i]...)
		at += i
		switch m := data[at+1]; m {
		case 0:
			s.plain = append(s.plain, 0xff)
			at += 2
		case 0xff: // filling
			at++
		default:
			*b = bitReader{data: s.plain}
			return m, at
		}
	}
}

var (
	errCode = errors.New("a code that does not exist")
	errLong = errors.New("a block with more than 64 values")
	errMean = errors.New("a block brighter or darker than can be")
)

// walk goes over one scan that begins at data[at], and gives the place of the
// marker behind it.
func (s *scanner) walk(f *frame, h *scan, data []byte, at int) (end int, err error) {
	total := f.units(h)
	step := total
	if s.restart > 0 {
		step = s.restart
	}
	pass, err := s.passer(f, h)
	if err != nil {
		return at, err
	}
	var b bitReader
	for done, mark := 0, 0; ; mark++ {
		marker, next := s.stretch(data, at, &b)
		at = next
		upTo := min(done+step, total)
		s.run = 0
		for _, c := range h.comps {
			c.mean = 0
		}
		if done, err = pass(&b, done, upTo); err == nil && done < upTo {
			err = errors.New("data is missing")
		}
		if err == nil && b.rest() {
			err = errors.New("data is left over")
		}
		if err == nil && done < total && marker != 0xd0+byte(mark&7) {
			err = errors.New("a restart marker is missing")
		}
		if err != nil {
			return at, fmt.Errorf("%w %d %% into a scan", err, 100*done/total)
		}
		if done == total {
			return at, nil
		}
		at += 2
	}
}

// units is how many the scan has: MCUs where it holds several components, else
// blocks.
func (f *frame) units(h *scan) int {
	if len(h.comps) == 1 {
		return h.comps[0].across * h.comps[0].down
	}
	return f.mcusAcross * f.mcusDown
}

// passer is what passes over the scan's units from done to upTo, as many as the
// data has.
func (s *scanner) passer(f *frame, h *scan) (func(b *bitReader, done, upTo int) (int, error), error) {
	for _, c := range h.comps {
		if h.from == 0 && h.high == 0 && s.now[0][c.dc] == nil || h.to > 0 && s.now[1][c.ac] == nil {
			return nil, errors.New("a code table is missing")
		}
	}
	switch one := h.comps[0]; {
	case h.from == 0:
		var blocks []block
		for _, c := range h.comps {
			q := max(1, s.steps[c.quant])
			c.most = (mostMean+q)/q>>h.low + 1
			n := c.h * c.v
			if len(h.comps) == 1 {
				n = 1
			}
			for range n {
				blocks = append(blocks, block{c, s.now[0][c.dc], s.now[1][c.ac]})
			}
		}
		switch {
		case !f.progressive:
			return func(b *bitReader, done, upTo int) (int, error) { return sequential(b, blocks, done, upTo) }, nil
		case h.high == 0:
			return func(b *bitReader, done, upTo int) (int, error) { return firstDC(b, blocks, done, upTo) }, nil
		}
		return func(b *bitReader, done, upTo int) (int, error) {
			b.drop((upTo - done) * len(blocks)) // a bit for each
			if b.short() {
				return done, nil
			}
			return upTo, nil
		}, nil
	default:
		read := s.firstAC
		if h.high > 0 {
			read = s.refineAC
		}
		table := s.now[1][one.ac]
		return func(b *bitReader, done, upTo int) (int, error) {
			for done < upTo {
				x := done % one.across
				row := one.nonzero[done/one.across*one.stride:][:one.across]
				for ; x < len(row) && done < upTo; x, done = x+1, done+1 {
					if s.run > 0 && h.high == 0 {
						s.run--
						continue
					}
					if err := read(b, table, &row[x], h.from, h.to); err != nil || b.short() {
						return done, err
					}
				}
			}
			return done, nil
		}, nil
	}
}

// block is one of a unit's: of which component, and by which code tables its first
// value and the others are written.
type block struct {
	of     *component
	dc, ac *codes
}

// mostMean bounds a block's first value, 8 times its mean, which goes from -1024 to
// 1016, with some room for rounding.
const mostMean = 1100

// sequential passes over units of these blocks. It is the one part that usual
// files spend time in, so the reader's bits are held in variables.
func sequential(b *bitReader, blocks []block, done, upTo int) (int, error) {
	for _, t := range blocks {
		t.dc.prepare(false)
		t.ac.prepare(true)
	}
	acc, have, data := b.acc, uint(b.have), b.data
	for ; done < upTo; done++ {
		for i := range blocks {
			t := &blocks[i]
			if len(data) >= 8 {
				acc |= binary.BigEndian.Uint64(data) >> (have & 63)
				data = data[(63-have)>>3:]
				have |= 56
			} else {
				b.acc, b.have, b.data = acc, int(have), data
				b.fillEnd()
				acc, have, data = b.acc, uint(b.have), b.data
			}
			if e := uint(t.dc.many[acc>>(64-lookBits)]); e < oneByOne {
				if err := t.first(acc<<(e&31-e>>5)>>1, e>>5); err != nil {
					return done, err
				}
				acc <<= e & 31
				have -= e & 31
			} else {
				b.acc, b.have, b.data = acc, int(have), data
				if err := t.firstOf(b); err != nil {
					return done, err
				}
				acc, have, data = b.acc, uint(b.have), b.data
			}
			k, table := 1, t.ac
			for {
				if have < 32 {
					if len(data) >= 8 {
						acc |= binary.BigEndian.Uint64(data) >> (have & 63)
						data = data[(63-have)>>3:]
						have |= 56
					} else {
						b.acc, b.have, b.data = acc, int(have), data
						b.fillEnd()
						acc, have, data = b.acc, uint(b.have), b.data
					}
				}
				e := uint(table.many[acc>>(64-lookBits)])
				if k += int(e >> 5 & 127); k < 64 {
					acc <<= e & 31
					have -= e & 31
					if e&endOfBlock != 0 {
						break
					}
				} else {
					k -= int(e >> 5 & 127)
					b.acc, b.have, b.data = acc, int(have), data
					var err error
					if k, err = table.step(b, k); err != nil {
						return done, err
					}
					acc, have, data = b.acc, uint(b.have), b.data
					if k > 63 {
						break
					}
				}
			}
		}
		if b.extra > int(have) {
			return done, nil
		}
	}
	b.acc, b.have, b.data = acc, int(have), data
	return done, nil
}

// step passes over one symbol of a sequential scan and its value, which is a
// block's value k or one behind it, and gives the next one's place.
func (c *codes) step(b *bitReader, k int) (to int, err error) {
	symbol, ok := c.symbol(b)
	run, size := int(symbol>>4), int(symbol&15)
	switch {
	case !ok, size == 0 && run > 0 && run < 15:
		return k, errCode
	case size == 0 && run == 0:
		return 64, nil
	case k+run > 63:
		return k, errLong
	}
	b.drop(size)
	return k + run + 1, nil
}

// firstDC passes over the first values of units of these blocks.
func firstDC(b *bitReader, blocks []block, done, upTo int) (int, error) {
	for ; done < upTo; done++ {
		for i := range blocks {
			if err := blocks[i].firstOf(b); err != nil {
				return done, err
			}
		}
		if b.short() {
			return done, nil
		}
	}
	return done, nil
}

// firstOf passes over a block's first value.
func (t *block) firstOf(b *bitReader) error {
	size, ok := t.dc.symbol(b)
	if !ok || size > 15 {
		return errCode
	}
	err := t.first(b.acc>>1, uint(size))
	b.drop(int(size))
	return err
}

// first looks at a block's first value, the size bits after the top one of bits:
// it is the difference to the mean of the block before. Damage often shows in
// means that no block has.
func (t *block) first(bits uint64, size uint) error {
	diff := int(bits >> (63 - size))
	if diff < 1<<size>>1 {
		diff -= 1<<size - 1
	}
	t.of.mean += diff
	if uint(t.of.mean+t.of.most) > uint(2*t.of.most) {
		return errMean
	}
	return nil
}

// firstAC passes over coefficients from to to of a block that are sent for the
// first time, and remembers which are not zero.
func (s *scanner) firstAC(b *bitReader, t *codes, nonzero *uint64, from, to int) error {
	for k := from; k <= to; k++ {
		symbol, ok := t.symbol(b)
		if !ok {
			return errCode
		}
		run, size := int(symbol>>4), int(symbol&15)
		switch {
		case size > 0:
			if k += run; k > to {
				return errLong
			}
			*nonzero |= 1 << k
			b.drop(size)
		case run == 15:
			k += 15
		default:
			s.run = 1<<run + b.take(run) - 1
			return nil
		}
	}
	return nil
}

// refineAC passes over one more bit of the coefficients from to to of a block:
// one for each that is not zero, and those that become so.
func (s *scanner) refineAC(b *bitReader, t *codes, nonzero *uint64, from, to int) error {
	span := between(from, to)
	was := *nonzero
	for k := from; s.run == 0 && k <= to; {
		symbol, ok := t.symbol(b)
		if !ok {
			return errCode
		}
		run, size := int(symbol>>4), int(symbol&15)
		switch {
		case size > 1:
			return errCode
		case size == 0 && run < 15:
			s.run = 1<<run + b.take(run)
			continue
		}
		// Over run zeros to the next one, which becomes the new value (after 15,
		// without one, it stays). Each value on the way has a bit.
		ahead := ^was & between(k, 63) &^ (^uint64(0) << (to + 1))
		for ; run > 0; run-- {
			ahead &= ahead - 1
		}
		if ahead == 0 {
			if size == 1 {
				return errLong
			}
			b.drop(ones(was & between(k, to)))
			return nil
		}
		at := bits.TrailingZeros64(ahead)
		b.drop(size + ones(was&between(k, at)))
		if size == 1 {
			*nonzero |= 1 << at
		}
		span = between(at, 63) & span &^ (1 << at)
		k = at + 1
	}
	if s.run > 0 {
		b.drop(ones(was & span))
		s.run--
	}
	return nil
}
