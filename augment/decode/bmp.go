package decode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// BMP is read here: the libraries for Go know Windows' common kinds alone, and not
// those of OS/2, 16-bit pixels, bit fields or run lengths together.

// bmpFile is a file's header.
type bmpFile struct {
	w, h    int
	topDown bool
	depth   int // bits of a pixel
	packing int
	masks   [3]uint32 // red, green, blue of a pixel with bit fields
	palette palette
	pixels  []byte
}

const (
	bmpPlain = iota
	bmpRLE8
	bmpRLE4
	bmpFields
)

func decodeBMP(data []byte, o *work) (*Image, error) {
	b, err := bmpHeader(data)
	if err != nil {
		return nil, err
	}
	runs := b.packing == bmpRLE8 || b.packing == bmpRLE4
	need := 0
	if runs {
		need = b.w * b.h
	}
	if err := o.fits(b.w, b.h, need, 256); err != nil {
		return nil, err
	}
	stride := (b.w*b.depth + 31) / 32 * 4
	if runs {
		if b.pixels, err = b.unpack(); err != nil {
			return nil, err
		}
		stride, b.depth = b.w, 8
	}
	if len(b.pixels) < stride*(b.h-1)+over(b.w*b.depth, 8) { // the last row's filling may be missing
		return nil, errCut
	}
	im := NewImage(b.w, b.h)
	for i := range b.h {
		y := b.h - 1 - i
		if b.topDown {
			y = i
		}
		b.row(im.Pix[3*y*b.w:][:3*b.w], b.pixels[i*stride:])
	}
	return im, nil
}

// bmpHeader reads all but the pixels.
func bmpHeader(data []byte) (*bmpFile, error) {
	if len(data) < 14+12 {
		return nil, errCut
	}
	le := binary.LittleEndian
	at, size := int(le.Uint32(data[10:])), int(le.Uint32(data[14:]))
	if size > len(data)-14 {
		return nil, errCut
	}
	head, rest := data[14:14+size], data[14+size:]
	b := &bmpFile{}
	colors, entry := 0, 4
	switch size {
	case 12:
		b.w, b.h, b.depth = int(le.Uint16(head[4:])), int(le.Uint16(head[6:])), int(le.Uint16(head[10:]))
		entry = 3
	case 40, 52, 56, 64, 108, 124:
		w, h := int32(le.Uint32(head[4:])), int32(le.Uint32(head[8:]))
		b.topDown = h < 0
		b.w, b.h, b.depth = int(w), max(int(h), -int(h)), int(le.Uint16(head[14:]))
		b.packing, colors = int(le.Uint32(head[16:])), int(le.Uint32(head[32:]))
	default:
		return nil, fmt.Errorf("a header of %d bytes", size)
	}
	switch {
	case b.packing == 0 || b.packing == bmpRLE8 && b.depth == 8 || b.packing == bmpRLE4 && b.depth == 4:
	case b.packing == bmpFields && size != 64 && b.depth >= 16:
		if size == 40 {
			head, rest = data[14:min(len(data), 14+size+12)], data[min(len(data), 14+size+12):]
		}
		if len(head) < 52 {
			return nil, errCut
		}
		for i := range b.masks {
			b.masks[i] = le.Uint32(head[40+4*i:])
		}
	default:
		return nil, unread(fmt.Sprintf("BMP packed in way %d", b.packing), "convert OLD NEW.png")
	}
	switch {
	case b.depth == 1 || b.depth == 2 || b.depth == 4 || b.depth == 8:
		if colors <= 0 || colors > 65536 {
			colors = 1 << b.depth
		}
		// Some programs name the palette's place for the pixels'.
		if at == 14+size {
			at += entry * colors
		}
		for i := range min(colors, len(b.palette), len(rest)/entry) {
			c := rest[i*entry:]
			b.palette[i] = [3]uint8{c[2], c[1], c[0]}
		}
		b.palette.fill(colors)
	case b.depth == 16 && b.masks == [3]uint32{}:
		b.masks = [3]uint32{0x7c00, 0x3e0, 0x1f}
	case (b.depth == 24 || b.depth == 32) && b.masks == [3]uint32{}:
		b.masks = [3]uint32{0xff0000, 0xff00, 0xff}
	case b.depth != 16 && b.depth != 24 && b.depth != 32:
		return nil, fmt.Errorf("pixels of %d bits", b.depth)
	}
	if at < 14+12 || at > len(data) {
		return nil, errCut
	}
	b.pixels = data[at:]
	return b, nil
}

// row makes a row of RGB.
func (b *bmpFile) row(dst []uint8, src []byte) {
	switch {
	case b.depth <= 8:
		for x := range len(dst) / 3 {
			at := x * b.depth
			v := src[at/8] << (at % 8) >> (8 - b.depth)
			copy(dst[3*x:], b.palette[v][:])
		}
	case b.masks == [3]uint32{0xff0000, 0xff00, 0xff} && b.depth >= 24:
		step := b.depth / 8
		for x := range len(dst) / 3 {
			s, d := src[x*step:][:3], dst[3*x:][:3]
			d[0], d[1], d[2] = s[2], s[1], s[0]
		}
	default:
		step := b.depth / 8
		for x := range len(dst) / 3 {
			v := uint32(0)
			for i, s := range src[x*step:][:step] {
				v |= uint32(s) << (8 * i)
			}
			for i, mask := range b.masks {
				dst[3*x+i] = field(v, mask)
			}
		}
	}
}

// field takes one color out of a pixel and makes it 0 to 255.
func field(v, mask uint32) uint8 {
	if mask == 0 {
		return 0
	}
	shift := bits.TrailingZeros32(mask)
	return uint8(uint64(v&mask>>shift) * 255 / uint64(mask>>shift))
}

// unpack makes indices of runs, row after row. What steps pass over is 0.
func (b *bmpFile) unpack() ([]byte, error) {
	out := make([]byte, b.w*b.h)
	src := b.pixels
	take := func(n int) (v []byte) {
		v, src = src[:min(n, len(src))], src[min(n, len(src)):]
		return v
	}
	x, y := 0, 0
	for y < b.h-1 || y == b.h-1 && x < b.w {
		code := take(2)
		if len(code) < 2 {
			return nil, errCut
		}
		n, packed := int(code[0]), code[1:]
		switch {
		case n > 0: // n pixels of one byte
		case code[1] == 0: // the row's end
			x, y = 0, y+1
		case code[1] == 1:
			return nil, errors.New("its pixels end early")
		case code[1] == 2: // a step
			step := take(2)
			if len(step) < 2 {
				return nil, errCut
			}
			x, y = x+int(step[0]), y+int(step[1])
		default: // pixels one by one
			n = int(code[1])
			size := n
			if b.packing == bmpRLE4 {
				size = over(n, 2)
			}
			if packed = take(size); len(packed) < size {
				return nil, errCut
			}
			take(size & 1) // to an even place
		}
		for i := range n {
			if x < b.w { // no run goes over its row's end
				out[y*b.w+x] = b.index(packed, i)
				x++
			}
		}
	}
	return out, nil
}

// index is pixel i of a run, whose bytes repeat.
func (b *bmpFile) index(packed []byte, i int) byte {
	if b.packing == bmpRLE8 {
		return packed[i%len(packed)]
	}
	v := packed[i/2%len(packed)]
	if i%2 == 0 {
		v >>= 4
	}
	return v & 15
}
