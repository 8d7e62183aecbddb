package decode

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"os"
	"slices"
	"testing"
)

// exifOf is an EXIF block, big endian, that holds an orientation alone.
func exifOf(orientation int) []byte {
	return []byte{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(orientation), 0, 0, 0, 0, 0, 0}
}

// pngWith puts an eXIf chunk into a PNG, behind its header.
func pngWith(data []byte, orientation int) []byte {
	body := append([]byte("eXIf"), exifOf(orientation)...)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)-4))
	chunk = binary.BigEndian.AppendUint32(append(chunk, body...), crc32.ChecksumIEEE(body))
	const header = 8 + 25
	return slices.Concat(data[:header], chunk, data[header:])
}

// webpWith makes a plain WebP of w x h pixels an extended one with an EXIF chunk.
func webpWith(data []byte, w, h, orientation int) []byte {
	chunk := func(name string, body []byte) []byte {
		out := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body)))
		return append(append(out, body...), make([]byte, len(body)%2)...)
	}
	vp8x := []byte{8, 0, 0, 0, byte(w - 1), byte((w - 1) >> 8), 0, byte(h - 1), byte((h - 1) >> 8), 0}
	body := slices.Concat([]byte("WEBP"), chunk("VP8X", vp8x), data[12:], chunk("EXIF", exifOf(orientation)))
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func upright(t *testing.T, data []byte) *Image {
	t.Helper()
	im, err := Decode(bytes.NewReader(data), Options{Upright: true})
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// The eight ways to hold a camera, told by where the pixels of an image of 3 x 2 come to lie.
func TestUpright(t *testing.T) {
	flat := image.NewGray(image.Rect(0, 0, 3, 2))
	for i := range flat.Pix {
		flat.Pix[i] = uint8(i + 1)
	}
	stored := pngOf(flat)
	for orientation, want := range map[int]struct {
		w    int
		gray []uint8
	}{
		1: {3, []uint8{1, 2, 3, 4, 5, 6}},
		2: {3, []uint8{3, 2, 1, 6, 5, 4}},
		3: {3, []uint8{6, 5, 4, 3, 2, 1}},
		4: {3, []uint8{4, 5, 6, 1, 2, 3}},
		5: {2, []uint8{1, 4, 2, 5, 3, 6}},
		6: {2, []uint8{4, 1, 5, 2, 6, 3}},
		7: {2, []uint8{6, 3, 5, 2, 4, 1}},
		8: {2, []uint8{3, 6, 2, 5, 1, 4}},
		9: {3, []uint8{1, 2, 3, 4, 5, 6}}, // there is no such number
	} {
		data := pngWith(stored, orientation)
		im := upright(t, data)
		var got []uint8
		for i := range im.W * im.H {
			got = append(got, im.Pix[3*i])
		}
		if im.W != want.w || im.W*im.H != 6 || !bytes.Equal(got, want.gray) {
			t.Errorf("orientation %d: %d wide, %v, want %d wide, %v", orientation, im.W, got, want.w, want.gray)
		}
		if plain, err := decodeBytes(data, nil); err != nil || plain.W != 3 || plain.Pix[0] != 1 {
			t.Errorf("orientation %d: without being asked for it, the image is turned (%v)", orientation, err)
		}
	}
}

// JPEG and WebP tell theirs in other places.
func TestUprightOfOtherFormats(t *testing.T) {
	read := func(name string) []byte {
		data, err := os.ReadFile("../../testdata/formats/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	jpg, webp := read("exif-orientation.jpg"), read("lossless.webp")
	plain, err := decodeBytes(webp, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"JPEG": jpg, "WebP": webpWith(webp, plain.W, plain.H, 6)} {
		stored, err := decodeBytes(data, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := upright(t, data)
		if got.W != stored.H || got.H != stored.W {
			t.Fatalf("%s: %d x %d became %d x %d", name, stored.W, stored.H, got.W, got.H)
		}
		// by 90 degrees to the right: the lower left corner comes to the upper left
		if corner := stored.Pix[3*(stored.H-1)*stored.W:][:3]; !bytes.Equal(got.Pix[:3], corner) {
			t.Errorf("%s: the upper left corner is %v, want %v", name, got.Pix[:3], corner)
		}
	}
	// what does not say it, or is damaged there, stays as it is
	cut := bytes.Clone(jpg)
	copy(cut[bytes.Index(cut, []byte("Exif"))+6:], "ZZZZZZZZ")
	for name, data := range map[string][]byte{"damaged EXIF": cut, "none": read("420.jpg"), "TIFF": read("plain.tiff")} {
		stored, err := decodeBytes(data, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := upright(t, data); got.W != stored.W || !bytes.Equal(got.Pix, stored.Pix) {
			t.Errorf("%s: the image was turned", name)
		}
	}
}

// A shrunk image keeps the size of its file, turned too.
func TestUprightShrunk(t *testing.T) {
	data, err := os.ReadFile("../../testdata/formats/exif-orientation.jpg")
	if err != nil {
		t.Fatal(err)
	}
	im, err := Decode(bytes.NewReader(data), Options{Upright: true, Shrink: func(int, int) int { return 2 }})
	if err != nil {
		t.Fatal(err)
	}
	full := upright(t, data)
	if w, h := im.Size(); im.Shrunk != 2 || w != full.W || h != full.H || im.W != (full.W+1)/2 {
		t.Errorf("shrunk by %d to %d x %d, of %d x %d; the whole is %d x %d", im.Shrunk, im.W, im.H, w, h, full.W, full.H)
	}
}
