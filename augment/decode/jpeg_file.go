package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// frame is what a JPEG's header says of the image.
type frame struct {
	w, h                 int
	progressive          bool
	comps                []*component
	wide, high           int // the largest sampling factors
	mcusAcross, mcusDown int
	jfif                 bool
	adobe                int // the Adobe segment's color transform, -1 without one
}

// component is one of an image's planes.
type component struct {
	id, h, v     int // name and sampling factors
	across, down int // blocks that hold its samples
	stride       int // blocks in a row, with those that only fill MCUs
	quant        int // the number of its quantization table
	dc, ac       int // the code tables of the scan at hand
	mean, most   int // the last block's first value in units of its step, and the bound
	seen         bool
	nonzero      []uint64 // of a progressive file: which of a block's values are not zero
}

// jpegFile is a JPEG looked through from end to end.
type jpegFile struct {
	frame
	data []byte
	// Pieces of data in order that a decoder needs: tables, frame and scans. SOF
	// and SOS segments are pieces of their own.
	parts []part
	stray bool // there is something between segments
}

type part struct {
	marker   byte // the first one in it
	from, to int
}

var errCut = errors.New("cut short")

// header reads what stands before the first scan's data.
func (f *jpegFile) header(data []byte) (err error) {
	*f = jpegFile{data: data, frame: frame{adobe: -1}}
	for at := 2; ; {
		marker, from, to, err := f.segment(at)
		if err != nil {
			return err
		}
		body := data[from:to]
		switch {
		case marker == 0xe0 && bytes.HasPrefix(body, []byte("JFIF\x00")):
			f.jfif = true
		case marker == 0xee && bytes.HasPrefix(body, []byte("Adobe")) && len(body) >= 12:
			f.adobe = int(body[11])
		case 0xc0 <= marker && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if f.comps != nil {
				return errors.New("two images in one")
			}
			if err := f.start(marker, body); err != nil {
				return err
			}
		case marker == 0xda:
			if f.comps == nil {
				return errors.New("a scan comes before the image's size")
			}
			return nil
		case marker == 0xd9:
			return errors.New("no image in it")
		}
		at = to
	}
}

// segment finds the next one at or after data[at]: its marker, and where its
// content begins and ends. Bytes between segments are passed over, as libjpeg
// does.
func (f *jpegFile) segment(at int) (marker byte, from, to int, err error) {
	data := f.data
	for {
		i := bytes.IndexByte(data[min(at, len(data)):], 0xff)
		if i < 0 {
			return 0, 0, 0, errCut
		}
		for at += i; at < len(data) && data[at] == 0xff; at++ {
		}
		if at == len(data) {
			return 0, 0, 0, errCut
		}
		marker = data[at]
		at++
		if marker == 0 || i > 0 {
			f.stray = true
		}
		switch {
		case marker == 0:
			continue
		case marker == 0x01 || 0xd0 <= marker && marker <= 0xd9: // no length follows
			return marker, at, at, nil
		}
		if at+2 > len(data) {
			return 0, 0, 0, errCut
		}
		size := int(binary.BigEndian.Uint16(data[at:]))
		if size < 2 {
			return 0, 0, 0, errors.New("a segment without a length")
		}
		if at+size > len(data) {
			return 0, 0, 0, errCut
		}
		return marker, at + 2, at + size, nil
	}
}

// start reads the frame's header (SOF).
func (f *frame) start(marker byte, b []byte) error {
	switch marker {
	case 0xc0, 0xc1, 0xc2:
		f.progressive = marker == 0xc2
	case 0xc9, 0xca:
		return unread("JPEG with arithmetic coding", "jpegtran -copy all OLD > NEW")
	default:
		return unread("lossless or hierarchical JPEG", "")
	}
	if len(b) < 6 || len(b) < 6+3*int(b[5]) {
		return errCut
	}
	if b[0] != 8 {
		return unread(fmt.Sprintf("JPEG of %d bits", b[0]), "")
	}
	f.h, f.w = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	if f.h == 0 || f.w == 0 {
		return fmt.Errorf("it says it is %d x %d pixels", f.w, f.h)
	}
	if n := b[5]; n != 1 && n != 3 && n != 4 {
		return unread(fmt.Sprintf("JPEG of %d colors", n), "")
	}
	for i := range int(b[5]) {
		s := b[6+3*i:]
		c := &component{id: int(s[0]), h: int(s[1] >> 4), v: int(s[1] & 15), quant: int(s[2] & 3)}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 {
			return fmt.Errorf("a color is sampled %d x %d", c.h, c.v)
		}
		if b[5] == 1 {
			c.h, c.v = 1, 1 // what a single color says has no meaning
		}
		f.wide, f.high = max(f.wide, c.h), max(f.high, c.v)
		f.comps = append(f.comps, c)
	}
	f.mcusAcross, f.mcusDown = over(f.w, 8*f.wide), over(f.h, 8*f.high)
	for _, c := range f.comps {
		w, h := f.size(c)
		c.across, c.down, c.stride = over(w, 8), over(h, 8), f.mcusAcross*c.h
	}
	return nil
}

// over is a / b, rounded up.
func over(a, b int) int { return (a + b - 1) / b }

// size is how many samples a component has across and down.
func (f *frame) size(c *component) (w, h int) {
	return over(f.w*c.h, f.wide), over(f.h*c.v, f.high)
}

// check goes over the rest of the file: it reads the code tables, walks the
// scans, and notes the parts. Damage is an error.
func (f *jpegFile) check(s *scanner) error {
	s.reset()
	if f.progressive {
		for _, c := range f.comps {
			c.nonzero = make([]uint64, c.stride*f.mcusDown*c.v)
		}
	}
	for at := 2; ; {
		marker, from, to, err := f.segment(at)
		if err != nil {
			if f.whole() && errors.Is(err, errCut) {
				return nil // all is there but an end marker
			}
			return err
		}
		at = to
		switch marker {
		case 0xc4:
			err = s.tables(f.data[from:to])
		case 0xdd:
			if to-from < 2 {
				return errCut
			}
			s.restart = int(binary.BigEndian.Uint16(f.data[from:]))
		case 0xda:
			var h *scan
			if h, err = f.scan(f.data[from:to]); err == nil {
				at, err = s.walk(&f.frame, h, f.data, to)
			}
		case 0xd9:
			if !f.whole() {
				return errors.New("a color is missing")
			}
			return nil
		case 0xdb:
			s.quantization(f.data[from:to])
		case 0xc0, 0xc1, 0xc2:
		default:
			continue
		}
		if err != nil {
			return err
		}
		f.parts = append(f.parts, part{marker: marker, from: from - 4, to: at})
	}
}

// whole tells that all colors have had a scan.
func (f *jpegFile) whole() bool {
	for _, c := range f.comps {
		if !c.seen {
			return false
		}
	}
	return true
}

// scan reads a scan's header (SOS).
func (f *jpegFile) scan(b []byte) (*scan, error) {
	if len(b) < 1 || len(b) < 4+2*int(b[0]) {
		return nil, errCut
	}
	h := &scan{}
	blocks := 0
	for i := range int(b[0]) {
		c := f.find(int(b[1+2*i]), h.comps)
		if c == nil {
			return nil, errors.New("a scan of a color that the image doesn't have")
		}
		c.dc, c.ac = int(b[2+2*i]>>4&3), int(b[2+2*i]&3)
		h.comps = append(h.comps, c)
		blocks += c.h * c.v
	}
	p := b[1+2*int(b[0]):]
	h.from, h.to, h.high, h.low = int(p[0]), int(p[1]), int(p[2]>>4), int(p[2]&15)
	if !f.progressive {
		h.from, h.to, h.high, h.low = 0, 63, 0, 0
	}
	many := len(h.comps) > 1
	if len(h.comps) == 0 || many && blocks > 10 || h.to > 63 || h.from > h.to ||
		f.progressive && (h.from == 0 && h.to > 0 || h.from > 0 && many || h.low > 13) {
		return nil, errors.New("a scan's header is damaged")
	}
	if h.from == 0 {
		for _, c := range h.comps {
			c.seen = true
		}
	}
	return h, nil
}

// find gives the component of that name that is not in a scan yet.
func (f *jpegFile) find(id int, taken []*component) *component {
next:
	for _, c := range f.comps {
		if c.id == id {
			for _, t := range taken {
				if t == c {
					continue next
				}
			}
			return c
		}
	}
	return nil
}
