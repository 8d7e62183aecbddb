package decode

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A TIFF file's directory is read here, whatever the order of its tags, classic
// or BigTIFF, because x/image/tiff takes few kinds of pixels: it is left to
// unpack bytes (tiff_bytes.go), and what they mean is said in tiff_pixels.go.

// The tags that matter, from the TIFF 6.0 specification.
const (
	tagWidth        = 256
	tagHeight       = 257
	tagBits         = 258
	tagPacking      = 259
	tagMeaning      = 262 // PhotometricInterpretation
	tagFillOrder    = 266
	tagStrips       = 273
	tagOrientation  = 274
	tagSamples      = 277
	tagRowsPerStrip = 278
	tagStripSizes   = 279
	tagPlanar       = 284
	tagT4Options    = 292
	tagT6Options    = 293
	tagPredictor    = 317
	tagColors       = 320
	tagTileWidth    = 322
	tagTileHeight   = 323
	tagTiles        = 324
	tagTileSizes    = 325
	tagExtra        = 338
	tagFormat       = 339
	tagJPEGTables   = 347
	tagSubsampling  = 530
)

// tiffTags are a directory's values.
type tiffTags struct {
	order binary.ByteOrder
	is    map[int][]int
	// bytes are those of tags without numbers.
	bytes map[int][]byte
}

// one gives a tag's first value, or what stands for it where there is none.
func (t *tiffTags) one(tag, or int) int {
	if v := t.is[tag]; len(v) > 0 {
		return v[0]
	}
	return or
}

// readTags reads the first directory.
func readTags(data []byte) (*tiffTags, error) {
	t := &tiffTags{order: binary.ByteOrder(binary.LittleEndian), is: map[int][]int{}, bytes: map[int][]byte{}}
	if len(data) < 16 {
		return nil, errCut
	}
	if data[0] == 'M' {
		t.order = binary.BigEndian
	}
	big := t.order.Uint16(data[2:]) == 43
	// at gives n bytes at an offset.
	at := func(offset uint64, n int) ([]byte, error) {
		if n < 0 || offset > uint64(len(data)) || uint64(len(data))-offset < uint64(n) {
			return nil, errCut
		}
		return data[offset:][:n], nil
	}
	number := func(b []byte) uint64 {
		if big {
			return t.order.Uint64(b)
		}
		return uint64(t.order.Uint32(b))
	}
	word, begin, counted := 4, uint64(t.order.Uint32(data[4:])), 2
	if big {
		word, begin, counted = 8, t.order.Uint64(data[8:]), 8
	}
	head, err := at(begin, counted)
	if err != nil {
		return nil, err
	}
	n := int(t.order.Uint16(head))
	if big {
		n = int(min(t.order.Uint64(head), 1<<16))
	}
	entry := 4 + 2*word
	all, err := at(begin+uint64(counted), n*entry)
	if err != nil {
		return nil, err
	}
	sizes := map[int]int{1: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 13: 4, 16: 8, 18: 8}
	for ; len(all) > 0; all = all[entry:] {
		tag, kind := int(t.order.Uint16(all)), int(t.order.Uint16(all[2:]))
		count, size := number(all[4:]), sizes[kind]
		if size == 0 || count > uint64(len(data)) {
			continue // no tag that matters, or damage that shows where it is missing
		}
		value := all[4+word : 4+2*word]
		if whole := int(count) * size; whole > word {
			if value, err = at(number(value), whole); err != nil {
				continue
			}
		}
		if kind == 7 {
			t.bytes[tag] = value[:count]
			continue
		}
		if _, twice := t.is[tag]; twice {
			return nil, fmt.Errorf("tag %d stands twice", tag)
		}
		numbers := make([]int, count)
		for i := range numbers {
			switch b := value[i*size:]; size {
			case 1:
				numbers[i] = int(b[0])
			case 2:
				numbers[i] = int(t.order.Uint16(b))
			case 4:
				numbers[i] = int(t.order.Uint32(b))
			case 8:
				numbers[i] = int(t.order.Uint64(b))
			}
		}
		t.is[tag] = numbers
	}
	return t, nil
}

// tiff is an image as its directory describes it.
type tiff struct {
	*tiffTags
	data        []byte
	w, h        int
	samples     int // of a pixel
	bits        int // of a sample
	format      int // of a sample: 1 unsigned, 2 signed, 3 float
	packing     int
	meaning     int
	extra       int  // what the first sample beyond the colors is
	apart       bool // samples lie in planes of their own
	tiled       bool
	pieceW      int // a strip's or tile's size in pixels
	pieceH      int
	down        int // pieces
	across      int
	begin, size []int // of each piece in data
}

// newTIFF makes sense of a directory.
func newTIFF(data []byte) (*tiff, error) {
	tags, err := readTags(data)
	if err != nil {
		return nil, err
	}
	t := &tiff{tiffTags: tags, data: data, w: tags.one(tagWidth, 0), h: tags.one(tagHeight, 0)}
	t.samples, t.bits, t.format = t.one(tagSamples, 1), t.one(tagBits, 1), t.one(tagFormat, 1)
	t.packing, t.meaning, t.extra = t.one(tagPacking, 1), t.one(tagMeaning, -1), t.one(tagExtra, 0)
	t.apart = t.one(tagPlanar, 1) == 2 && t.samples > 1
	for _, b := range t.is[tagBits] {
		if b != t.bits {
			return nil, unread("TIFF with samples of several sizes", convertTIFF)
		}
	}
	if t.w <= 0 || t.h <= 0 || t.w > maxPixels/t.h || t.samples < 1 || t.samples > 64 || t.bits < 1 || t.bits > 64 {
		return nil, refuse("it says it is %d x %d pixels of %d x %d bits: replace or remove it", t.w, t.h, t.samples, t.bits)
	}
	t.pieceW, t.pieceH = t.w, t.one(tagRowsPerStrip, t.h)
	t.begin, t.size = t.is[tagStrips], t.is[tagStripSizes]
	if t.tiled = len(t.is[tagTiles]) > 0; t.tiled {
		t.pieceW, t.pieceH = t.one(tagTileWidth, 0), t.one(tagTileHeight, 0)
		t.begin, t.size = t.is[tagTiles], t.is[tagTileSizes]
		if t.pieceW < 16 || t.pieceH < 1 || t.pieceW%8 != 0 || t.pieceW > 1<<16 || t.pieceH > 1<<16 {
			return nil, fmt.Errorf("tiles of %d x %d pixels", t.pieceW, t.pieceH)
		}
	} else if t.pieceH < 1 || t.pieceH > t.h {
		t.pieceH = t.h
	}
	t.across, t.down = over(t.w, t.pieceW), over(t.h, t.pieceH)
	pieces := t.across * t.down * t.planes()
	if len(t.begin) < pieces {
		return nil, errors.New("pieces are missing")
	}
	if len(t.size) < pieces {
		t.size = make([]int, pieces)
		for i := range t.size { // as long as it can be
			t.size[i] = t.rowBytes() * t.pieceH
			if t.packing != packedNot {
				t.size[i] = len(data)
			}
			t.size[i] = max(0, min(t.size[i], len(data)-t.begin[i]))
		}
	}
	for i := range pieces {
		if t.begin[i] < 0 || t.size[i] < 0 || t.begin[i] > len(data) {
			return nil, errCut
		}
		t.size[i] = min(t.size[i], len(data)-t.begin[i])
	}
	return t, nil
}

// planes is how many images of one sample it is made of, or one of all samples.
func (t *tiff) planes() int {
	if t.apart {
		return t.samples
	}
	return 1
}

// rowBytes is the length of a piece's row.
func (t *tiff) rowBytes() int { return over(t.pieceW*t.samples/t.planes()*t.bits, 8) }

const convertTIFF = "magick OLD NEW.png"
