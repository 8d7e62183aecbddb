package decode

import (
	"bytes"
	"image"
	"image/color"
	webcolors "image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	xtiff "golang.org/x/image/tiff"
)

func decodeBytes(data []byte, shrink Shrink) (*Image, error) {
	return Decode(bytes.NewReader(data), Options{Shrink: shrink})
}

func pngOf(im image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Every format and pixel layout becomes the same RGB.
func TestDecodeFormats(t *testing.T) {
	rect := image.Rect(0, 0, 2, 1)
	first, second := [3]uint8{200, 100, 50}, [3]uint8{10, 20, 30}
	fill := func(im interface {
		image.Image
		Set(x, y int, c color.Color)
	}, a, b color.Color,
	) image.Image {
		im.Set(0, 0, a)
		im.Set(1, 0, b)
		return im
	}
	opaque := func(c [3]uint8) color.Color { return color.NRGBA{c[0], c[1], c[2], 255} }
	half := func(c [3]uint8, a uint8) color.Color { return color.NRGBA{c[0], c[1], c[2], a} }
	wide := func(c [3]uint8) color.Color {
		return color.NRGBA64{uint16(c[0])<<8 | 0xfe, uint16(c[1])<<8 | 0xfe, uint16(c[2])<<8 | 0xfe, 0xffff}
	}
	rgb := fill(image.NewNRGBA(rect), opaque(first), opaque(second))
	var gifs, bmps, tiffs, jpegs bytes.Buffer
	pal := append(color.Palette{opaque(first), opaque(second)}, webcolors.WebSafe...)
	for _, err := range []error{
		gif.Encode(&gifs, fill(image.NewPaletted(rect, pal), opaque(first), opaque(second)), nil),
		bmp.Encode(&bmps, rgb), xtiff.Encode(&tiffs, rgb, nil),
		jpeg.Encode(&jpegs, fill(image.NewGray(rect), color.Gray{77}, color.Gray{77}), nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		data []byte
		want [6]uint8
	}{
		"rgb.png":     {pngOf(rgb), [6]uint8{200, 100, 50, 10, 20, 30}},
		"rgba.png":    {pngOf(fill(image.NewNRGBA(rect), half(first, 3), half(second, 0))), [6]uint8{200, 100, 50, 10, 20, 30}},
		"rgb16.png":   {pngOf(fill(image.NewNRGBA64(rect), wide(first), wide(second))), [6]uint8{200, 100, 50, 10, 20, 30}},
		"gray.png":    {pngOf(fill(image.NewGray(rect), color.Gray{9}, color.Gray{250})), [6]uint8{9, 9, 9, 250, 250, 250}},
		"gray16.png":  {pngOf(fill(image.NewGray16(rect), color.Gray16{0x09ff}, color.Gray16{0xfa00})), [6]uint8{9, 9, 9, 250, 250, 250}},
		"palette.png": {pngOf(fill(image.NewPaletted(rect, color.Palette{half(first, 7), opaque(second)}), half(first, 7), opaque(second))), [6]uint8{200, 100, 50, 10, 20, 30}},
		"palette.gif": {gifs.Bytes(), [6]uint8{200, 100, 50, 10, 20, 30}},
		"rgb.bmp":     {bmps.Bytes(), [6]uint8{200, 100, 50, 10, 20, 30}},
		"rgb.tiff":    {tiffs.Bytes(), [6]uint8{200, 100, 50, 10, 20, 30}},
		"gray.JPEG":   {jpegs.Bytes(), [6]uint8{77, 77, 77, 77, 77, 77}},
	} {
		im, err := decodeBytes(c.data, nil)
		if err != nil || im.W != 2 || im.H != 1 || !bytes.Equal(im.Pix, c.want[:]) {
			t.Errorf("%s: %+v, %v, want %v", name, im, err, c.want)
		}
	}
}

// Damaged files give sentences.
func TestDecodeDamage(t *testing.T) {
	// GIF has no checksum over its width and height.
	huge := append([]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02"), bytes.Repeat([]byte{0}, 40)...)
	photo, err := os.ReadFile("../../testdata/golden/photo.png")
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile("../../testdata/formats/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	jpg, gif89 := read("420.jpg"), read("transparent.gif")
	for name, c := range map[string]struct {
		data []byte
		say  string
	}{
		"empty.png": {nil, "an empty file: replace or remove it"},
		"text.jpg":  {[]byte("no picture"), "no image of a kind that is read"},
		"cut.png":   {photo[:len(photo)/2], "damaged PNG (png: "},
		"huge.gif":  {huge, "says it is 65535 x 65535 pixels"},
		"cut.jpg":   {jpg[:len(jpg)*3/4], "data is missing"},
		// A thumbnail's end before the first scan is not the image's.
		"thumb.jpg": {slices.Concat(jpg[:2], []byte("\xff\xe1\x00\x06AB\xff\xd9"), jpg[2:len(jpg)*3/4]), "data is missing"},
		"lost.jpg":  {jpg[:100], "damaged JPEG (cut short): replace or remove it"},
		"cut.gif":   {gif89[:len(gif89)/2], "damaged GIF ("},
		"head.gif":  {gif89[:9], "damaged GIF ("},
	} {
		if im, err := decodeBytes(c.data, nil); err == nil || im != nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: want %q, got %v", name, c.say, err)
		}
	}
}
