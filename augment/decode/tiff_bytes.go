package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math/bits"

	xtiff "golang.org/x/image/tiff"
)

// Ways of packing (Compression).
const (
	packedNot     = 1
	packedCCITT   = 3 // and 4
	packedJPEG    = 7
	packedDeflate = 8
)

// packings names those that are not read.
var packings = map[int]string{
	2: "CCITT's run lengths", 6: "JPEG of the old kind", 9: "JBIG", 10: "JBIG", 32809: "ThunderScan", 34661: "JBIG", 34676: "LogLuv", 34677: "LogLuv",
	33003: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000", 34887: "LERC", 34925: "LZMA", 50000: "zstd", 50001: "WebP", 50002: "JPEG XL",
}

// unpack gives plane p's bytes without compression, and the length of a row in
// them. x/image/tiff does it: it is shown a TIFF of the same pieces whose pixels
// are plain bytes, in the widest kind of pixel that it only copies.
func (t *tiff) unpack(p int) (raw []byte, stride int, err error) {
	if name := packings[t.packing]; name != "" {
		return nil, 0, unread("TIFF packed as "+name, "tiffcp -c lzw OLD NEW.tif")
	}
	row := t.rowBytes()
	stride = row * t.across
	channels := 1
	switch {
	case row%4 == 0:
		channels = 4
	case row%3 == 0:
		channels = 3
	}
	tags := [][]uint32{{tagBits}, {tagPacking, uint32(t.packing)}, {tagMeaning, 1}}
	if channels > 1 {
		tags[2][1] = 2
	}
	for range channels {
		tags[0] = append(tags[0], 8)
	}
	if channels == 4 {
		tags = append(tags, []uint32{tagExtra, 2})
	}
	src, err := t.show(p, stride/channels, row/channels, tags)
	if err != nil {
		return nil, 0, err
	}
	switch s := src.(type) {
	case *image.NRGBA:
		raw = s.Pix
	case *image.Gray:
		raw = s.Pix
	case *image.RGBA:
		raw = s.Pix[:0]
		for i := 0; i+4 <= len(s.Pix); i += 4 {
			raw = append(raw, s.Pix[i], s.Pix[i+1], s.Pix[i+2])
		}
	default:
		return nil, 0, fmt.Errorf("x/image/tiff gives %T", src)
	}
	if t.packing == packedNot && t.one(tagFillOrder, 1) == 2 {
		for i, v := range raw {
			raw[i] = bits.Reverse8(v)
		}
	}
	return raw, stride, t.unpredict(raw, row)
}

// unpackFax is unpack for CCITT's two ways of packing black and white, which give
// a byte for each pixel: 255 where the fax is white.
func (t *tiff) unpackFax() (raw []byte, stride int, err error) {
	if t.samples != 1 || t.bits != 1 {
		return nil, 0, errors.New("fax data that is not black and white")
	}
	tags := [][]uint32{{tagBits, 1}, {tagPacking, uint32(t.packing)}, {tagMeaning, 1}}
	for _, tag := range []int{tagFillOrder, tagT4Options, tagT6Options} {
		if v := t.is[tag]; len(v) > 0 {
			tags = append(tags, []uint32{uint32(tag), uint32(v[0])})
		}
	}
	src, err := t.show(0, t.across*t.pieceW, t.pieceW, tags)
	if err != nil {
		return nil, 0, err
	}
	s, ok := src.(*image.Gray)
	if !ok {
		return nil, 0, fmt.Errorf("x/image/tiff gives %T", src)
	}
	return s.Pix, s.Stride, nil
}

// show has x/image/tiff decode plane p's pieces as if they had these tags and
// widths.
func (t *tiff) show(p, width, pieceWidth int, tags [][]uint32) (image.Image, error) {
	n := t.across * t.down
	begin, size := []uint32{tagStrips}, []uint32{tagStripSizes}
	height := t.h
	if t.tiled {
		begin[0], size[0], height = tagTiles, tagTileSizes, t.down*t.pieceH
		tags = append(tags, []uint32{tagTileWidth, uint32(pieceWidth)}, []uint32{tagTileHeight, uint32(t.pieceH)})
	} else {
		tags = append(tags, []uint32{tagRowsPerStrip, uint32(t.pieceH)})
	}
	for i := p * n; i < (p+1)*n; i++ {
		begin, size = append(begin, uint32(t.begin[i])), append(size, uint32(t.size[i]))
	}
	tags = append(tags, []uint32{tagWidth, uint32(width)}, []uint32{tagHeight, uint32(height)}, begin, size)
	return xtiff.Decode(&shown{data: t.data, tail: directory(len(t.data), tags)})
}

// directory writes tags as a TIFF's directory that begins at offset at.
func directory(at int, tags [][]uint32) []byte {
	le := binary.LittleEndian
	sorted := make([][]uint32, 0, len(tags))
	for tag := range uint32(1 << 10) {
		for _, t := range tags {
			if t[0] == tag {
				sorted = append(sorted, t)
			}
		}
	}
	out := le.AppendUint16(nil, uint16(len(sorted)))
	values := []byte{}
	after := at + 2 + 12*len(sorted) + 4
	for _, t := range sorted {
		out = le.AppendUint16(out, uint16(t[0]))
		out = le.AppendUint16(out, 4)
		out = le.AppendUint32(out, uint32(len(t)-1))
		if len(t) == 2 {
			out = le.AppendUint32(out, t[1])
			continue
		}
		out = le.AppendUint32(out, uint32(after+len(values)))
		for _, v := range t[1:] {
			values = le.AppendUint32(values, v)
		}
	}
	return append(le.AppendUint32(out, 0), values...)
}

// shown is a TIFF file: data behind a head of its own, and a directory after it.
type shown struct{ data, tail []byte }

func (s *shown) ReadAt(p []byte, at int64) (n int, err error) {
	head := binary.LittleEndian.AppendUint32([]byte("II*\x00"), uint32(len(s.data)))
	for _, part := range [][]byte{head, s.data[len(head):], s.tail} {
		if at < int64(len(part)) {
			n += copy(p[n:], part[at:])
			at = 0
			continue
		}
		at -= int64(len(part))
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Read is never called beside ReadAt.
func (s *shown) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// unpredict makes values of the differences along each piece's rows that some
// files store.
func (t *tiff) unpredict(raw []byte, row int) error {
	switch t.one(tagPredictor, 1) {
	case 1:
		return nil
	case 2:
	default:
		return unread("TIFF with float differences", "tiffcp -c lzw OLD NEW.tif")
	}
	step := t.samples / t.planes()
	for ; len(raw) >= row; raw = raw[row:] {
		piece := raw[:row]
		switch t.bits {
		case 8:
			for i := step; i < len(piece); i++ {
				piece[i] += piece[i-step]
			}
		case 16:
			for i := 2 * step; i+2 <= len(piece); i += 2 {
				t.order.PutUint16(piece[i:], t.order.Uint16(piece[i:])+t.order.Uint16(piece[i-2*step:]))
			}
		case 32:
			for i := 4 * step; i+4 <= len(piece); i += 4 {
				t.order.PutUint32(piece[i:], t.order.Uint32(piece[i:])+t.order.Uint32(piece[i-4*step:]))
			}
		default:
			return unread(fmt.Sprintf("TIFF with differences of %d bits", t.bits), convertTIFF)
		}
	}
	return nil
}

// jpegs decodes pieces that are JPEG files but for their common tables.
func (t *tiff) jpegs(im *Image) error {
	if t.apart {
		return unread("TIFF of JPEG planes", convertTIFF)
	}
	tables := bytes.TrimSuffix(t.bytes[tagJPEGTables], []byte("\xff\xd9"))
	if len(tables) < 2 {
		tables = []byte("\xff\xd8")
	}
	as, known := map[int]colorOf{isGray: gray, isRGB: rgb, isYCbCr: ycc}[t.meaning]
	if !known {
		return unread(fmt.Sprintf("TIFF of JPEG pieces in colors of kind %d", t.meaning), convertTIFF)
	}
	for i := range t.across * t.down {
		piece := t.data[t.begin[i]:][:t.size[i]]
		if len(piece) < 2 {
			return errCut
		}
		file := append(append([]byte{}, tables...), piece[2:]...)
		part, err := decodeJPEG(file, &work{size: len(file), as: as})
		if err != nil {
			return err
		}
		x, y := i%t.across*t.pieceW, i/t.across*t.pieceH
		if part.W < min(t.pieceW, t.w-x) || part.H < min(t.pieceH, t.h-y) {
			return fmt.Errorf("a piece of %d x %d pixels", part.W, part.H)
		}
		for r := range min(part.H, t.pieceH, t.h-y) {
			copy(im.Pix[3*((y+r)*im.W+x):][:3*min(t.pieceW, t.w-x)], part.Pix[3*r*part.W:])
		}
	}
	return nil
}
