package eval

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/testdata/golden"
	"github.com/dinogpu/dinogpu/testdata/hostile"
)

// paletteOf is labels as VOC and DAVIS write them: entries of a palette, whatever its colors.
func paletteOf(labels []uint8, w, h int) *image.Paletted {
	im := image.NewPaletted(image.Rect(0, 0, w, h), nil)
	for i := range int(slices.Max(labels)) + 1 {
		im.Palette = append(im.Palette, color.RGBA{uint8(37 * i), uint8(91 * i), uint8(i), 255})
	}
	copy(im.Pix, labels)
	return im
}

func encodePNG(t *testing.T, im image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// putFile writes a file, and the folders above it.
func putFile(t *testing.T, data []byte, path ...string) string {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// rawPNG is one with a header as given, of rows of bytes.
func rawPNG(w, h, depth, kind int, rows ...[]byte) []byte {
	var pixels bytes.Buffer
	z := zlib.NewWriter(&pixels)
	for _, r := range rows {
		_, _ = z.Write(append([]byte{0}, r...))
	}
	_ = z.Close()
	head := binary.BigEndian.AppendUint32(nil, uint32(w))
	head = append(binary.BigEndian.AppendUint32(head, uint32(h)), byte(depth), byte(kind), 0, 0, 0)
	out := []byte("\x89PNG\r\n\x1a\n")
	for _, c := range []struct {
		name string
		data []byte
	}{{"IHDR", head}, {"IDAT", pixels.Bytes()}, {"IEND", nil}} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(c.data)))
		body := append([]byte(c.name), c.data...)
		out = binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	return out
}

// A palette's entries, at any number of bits, are the labels; so are grays.
func TestReadLabels(t *testing.T) {
	g := golden.Open(t, "video.safetensors")
	labels, w, h, err := readLabels(golden.Path(t, "video_first.png"))
	if shape := g.Shape("first.mask"); err != nil || h != shape[0] || w != shape[1] || !slices.Equal(labels, g.Bytes("first.mask")) {
		t.Errorf("Pillow's palette PNG of %d x %d: other labels (%v)", w, h, err)
	}
	dir := t.TempDir()
	for name, c := range map[string]struct {
		data []byte
		want []uint8
	}{
		"palette, 1 bit":  {encodePNG(t, paletteOf([]uint8{1, 0, 0, 1, 1, 1}, 3, 2)), []uint8{1, 0, 0, 1, 1, 1}},
		"palette, 4 bits": {encodePNG(t, paletteOf([]uint8{9, 0, 3, 1, 1, 7}, 3, 2)), []uint8{9, 0, 3, 1, 1, 7}},
		"palette, 8 bits": {encodePNG(t, paletteOf([]uint8{255, 0, 3, 1, 254, 7}, 3, 2)), []uint8{255, 0, 3, 1, 254, 7}},
		"gray, 8 bits":    {rawPNG(3, 2, 8, 0, []byte{255, 0, 3}, []byte{1, 1, 7}), []uint8{255, 0, 3, 1, 1, 7}},
		"gray, 4 bits":    {rawPNG(3, 2, 4, 0, []byte{0xf0, 0x30}, []byte{0x11, 0x70}), []uint8{15, 0, 3, 1, 1, 7}},
		"gray, 2 bits":    {rawPNG(3, 2, 2, 0, []byte{0b11000100}, []byte{0b10010000}), []uint8{3, 0, 1, 2, 1, 0}},
		"gray, 1 bit":     {rawPNG(3, 2, 1, 0, []byte{0b10100000}, []byte{0b01000000}), []uint8{1, 0, 1, 0, 1, 0}},
	} {
		path := putFile(t, c.data, dir, "mask.png")
		if err := checkLabels(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		labels, w, h, err := readLabels(path)
		if err != nil || w != 3 || h != 2 || !slices.Equal(labels, c.want) {
			t.Errorf("%s: %v of %d x %d, %v; want %v", name, labels, w, h, err, c.want)
		}
	}
}

func TestReadLabelsRefuses(t *testing.T) {
	dir := t.TempDir()
	whole := encodePNG(t, paletteOf([]uint8{255, 0, 3, 1, 254, 7}, 3, 2))
	for want, c := range map[string]struct {
		data    []byte
		damaged bool // found when it is decoded, and no reason to end an evaluation
	}{
		"it is no PNG: give a palette or gray PNG":                       {[]byte("GIF89a, say"), false},
		"it is an RGB image, whose colors name no objects":               {encodePNG(t, image.NewRGBA(image.Rect(0, 0, 3, 2))), false},
		"it has 16 bits a pixel, and labels go up to 255":                {encodePNG(t, image.NewGray16(image.Rect(0, 0, 3, 2))), false},
		"it has a transparency channel":                                  {rawPNG(1, 1, 8, 4, []byte{1, 2}), false},
		"it is damaged: its header is cut":                               {whole[:20], true},
		"it is damaged: png: invalid format: unexpected EOF":             {whole[:len(whole)-20], true},
		"it is damaged: 3 bits a pixel":                                  {rawPNG(3, 2, 3, 0), true},
		"it is damaged: it says it is 30000 x 30000 pixels and has":      {rawPNG(30000, 30000, 8, 0), true},
		"it is damaged: it says it is 4294967295 x 4294967295 pixels an": {rawPNG(1<<32-1, 1<<32-1, 1, 0), true},
	} {
		path := putFile(t, c.data, dir, "mask.png")
		_, _, _, err := readLabels(path)
		if err == nil || !strings.Contains(err.Error(), "mask.png\": "+want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want %q", err, want)
		}
		if early := checkLabels(path); (early == nil) != c.damaged {
			t.Errorf("%s: by its header alone: %v", want, early)
		}
	}
	if err := checkLabels(filepath.Join(dir, "none.png")); err == nil {
		t.Error("a mask that is not there is taken")
	}
}

// Mutated masks are refused, or read within bounds of memory.
func TestHostileMasks(t *testing.T) {
	_, labels := drawBlobs(40, 30)
	seeds := [][]byte{encodePNG(t, paletteOf(labels, 40, 30)), encodePNG(t, paletteOf([]uint8{1, 0, 0, 1, 1, 1}, 3, 2)), rawPNG(3, 2, 2, 0, []byte{0b11000100}, []byte{0b10010000})}
	hostile.Mutate(t, seeds, time.Second, func(path string) error {
		labels, w, h, err := readLabels(path)
		if err == nil && len(labels) != w*h {
			t.Errorf("%d labels of %d x %d pixels", len(labels), w, h)
		}
		return err
	})
}
