package decode

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Any change of any byte of any format, cut or not, whole or shrunk: an image or an
// error, never a panic, and never more pixels than the size says.
func TestDecodeAnyDamage(t *testing.T) {
	var files [][]byte
	for _, dir := range []string{"../../testdata/formats/", oddDir} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !IsImage(e.Name()) {
				continue
			}
			data, err := os.ReadFile(dir + e.Name())
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, data)
		}
	}
	// A size that damage made huge would only cost time.
	budget := newBudget(4 << 20)
	rapid.Check(t, func(t *rapid.T) {
		data := bytes.Clone(files[rapid.IntRange(0, len(files)-1).Draw(t, "file")])
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			data[rapid.IntRange(0, len(data)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		if rapid.Bool().Draw(t, "cut") {
			data = data[:rapid.IntRange(0, len(data)).Draw(t, "length")]
		}
		by := rapid.SampledFrom([]int{1, 2, 4, 8}).Draw(t, "by")
		o := Options{Shrink: func(int, int) int { return by }, Budget: budget}
		im, err := Decode(bytes.NewReader(data), o)
		if err != nil {
			if strings.Contains(err.Error(), "runtime error") {
				t.Fatalf("a panic: %v", err)
			}
			return
		}
		defer im.Release()
		if im.W < 1 || im.H < 1 || len(im.Pix) != im.W*im.H*3 {
			t.Fatalf("%d x %d in %d bytes", im.W, im.H, len(im.Pix))
		}
	})
}
