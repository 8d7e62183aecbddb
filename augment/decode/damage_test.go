package decode

import (
	"bytes"
	"image"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// Any change of any byte of any format, cut or not, whole or shrunk: an image
// or an error, never a panic, and never more pixels than the size says.
func TestDecodeAnyDamage(t *testing.T) {
	var files [][]byte
	for _, name := range []string{"420.jpg", "progressive.jpg", "cmyk.jpg", "grey.jpg", "animated.gif", "interlaced.png", "lossy-alpha.webp", "lzw.tiff", "palette.bmp"} {
		data, err := os.ReadFile("../../testdata/formats/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, data)
	}
	rapid.Check(t, func(t *rapid.T) {
		data := bytes.Clone(files[rapid.IntRange(0, len(files)-1).Draw(t, "file")])
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			data[rapid.IntRange(0, len(data)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		if rapid.Bool().Draw(t, "cut") {
			data = data[:rapid.IntRange(0, len(data)).Draw(t, "length")]
		}
		if conf, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && conf.Width*conf.Height > 1<<20 {
			return // a size that damage made huge would only cost time
		}
		by := rapid.SampledFrom([]int{1, 2, 4, 8}).Draw(t, "by")
		im, err := decodeBytes(data, func(w, h int) int { return by })
		if err == nil && (im.W < 1 || im.H < 1 || len(im.Pix) != im.W*im.H*3) {
			t.Fatalf("%d x %d in %d bytes", im.W, im.H, len(im.Pix))
		}
	})
}
