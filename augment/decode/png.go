package decode

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/png"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// decodePNG decodes by image/png. What that refuses is tried once more with only
// the chunks that pixels depend on, as Pillow reads it: files without an end, with
// misplaced or damaged chunks. The pixels have a checksum of their own, so that
// nothing is invented.
func decodePNG(data []byte, o *work) (*Image, error) {
	if len(data) < 33 || string(data[12:16]) != "IHDR" {
		return nil, errCut
	}
	head := data[16:]
	w, h := int(binary.BigEndian.Uint32(head)), int(binary.BigEndian.Uint32(head[4:]))
	depth, kind, interlaced := int(head[8]), head[9], head[12] != 0
	channels := map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
	if w <= 0 || h <= 0 || w > maxPixels || h > maxPixels || channels == 0 || depth > 16 {
		return nil, refuse("it says it is %d x %d pixels of %d x %d bits: replace or remove it", w, h, channels, depth)
	}
	row := 1 + over(w*channels*depth, 8)
	if row*h > 1032*o.size { // deflate's most
		return nil, refuse("it says it is %d x %d pixels, more than its %d bytes can hold: replace or remove it", w, h, o.size)
	}
	need := map[bool]int{true: 8, false: 4}[depth > 8] * w * h
	if interlaced {
		need *= 2
	}
	if err := o.fits(w, h, need+2*row, 0); err != nil {
		return nil, err
	}
	src, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		var again error
		if src, again = png.Decode(bytes.NewReader(pngPixels(data))); again != nil {
			return nil, err
		}
	}
	return fromGo(src, o.Range)
}

// pngPixels is a PNG of a file's header, palette and pixels, with sums that fit
// the latter.
func pngPixels(data []byte) []byte {
	out := []byte(pngMagic)
	var pixels []byte
	for rest := data[len(pngMagic):]; len(rest) >= 12; {
		size := int(binary.BigEndian.Uint32(rest))
		if size > len(rest)-12 {
			size = len(rest) - 12 // cut within it: its pixels tell
		}
		switch chunk := rest[:12+size]; string(chunk[4:8]) {
		case "IHDR":
			out = append(out, chunk...)
		case "PLTE":
			if pixels == nil && data[25] == 3 {
				out = append(out, chunk...)
			}
		case "IDAT":
			pixels = append(pixels, chunk[8:8+size]...)
		}
		rest = rest[12+size:]
	}
	for _, c := range []struct {
		name string
		body []byte
	}{{"IDAT", pixels}, {"IEND", nil}} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(c.body)))
		at := len(out)
		out = append(append(out, c.name...), c.body...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[at:]))
	}
	return out
}
