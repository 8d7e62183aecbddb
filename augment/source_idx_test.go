package augment

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// idxFile makes an idx file of bytes.
func idxFile(data []byte, dims ...int) []byte {
	out := []byte{0, 0, 8, byte(len(dims))}
	for _, d := range dims {
		out = binary.BigEndian.AppendUint32(out, uint32(d))
	}
	return append(out, data...)
}

func gz(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func write(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func counting(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func TestIDXGrayAndLabels(t *testing.T) {
	for _, c := range []struct{ images, labels string }{
		{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
		{"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"},
		{"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte"},
		{"train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"},
		{"t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"},
		{"images.idx", "labels.idx"},
	} {
		dir := t.TempDir()
		images, labels := idxFile(counting(24), 4, 2, 3), idxFile([]byte{7, 0, 255, 1}, 4)
		if strings.HasSuffix(c.images, ".gz") {
			images = gz(images)
		}
		if strings.HasSuffix(c.labels, ".gz") {
			labels = gz(labels)
		}
		path := write(t, filepath.Join(dir, c.images), images)
		write(t, filepath.Join(dir, c.labels), labels)
		s, err := Open(path)
		if err != nil {
			t.Fatalf("%s: %v", c.images, err)
		}
		if s.Len() != 4 || s.Label(0) != 7 || s.Label(2) != 255 || s.Classes() != nil {
			t.Errorf("%s: %d images, labels %d %d", c.images, s.Len(), s.Label(0), s.Label(2))
		}
		if s.Name(3) != c.images+"#3" {
			t.Errorf("name %q", s.Name(3))
		}
		im, err := s.Decode(1)
		if err != nil || im.W != 3 || im.H != 2 || !bytes.Equal(im.Pix[:9], []byte{6, 6, 6, 7, 7, 7, 8, 8, 8}) {
			t.Errorf("%s: image 1 is %+v, %v", c.images, im, err)
		}
	}
}

func TestIDXColorWithoutLabels(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "cifar-idx4-ubyte"), idxFile(counting(36), 2, 2, 3, 3))
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	im, err := s.Decode(1)
	if err != nil || im.W != 3 || im.H != 2 || !bytes.Equal(im.Pix, counting(36)[18:]) {
		t.Errorf("image 1 is %+v, %v", im, err)
	}
	if s.Label(0) != -1 {
		t.Errorf("label %d without labels", s.Label(0))
	}
	if _, err := s.Decode(2); err == nil {
		t.Error("image 2 of 2 was decoded")
	}
}

// Every damage is told in words that name the file, and none takes memory for
// what a header only claims.
func TestIDXDamage(t *testing.T) {
	good := idxFile(counting(24), 4, 2, 3)
	flipped := gz(good)
	flipped[len(flipped)-6] ^= 0x55 // within the checksum
	for say, data := range map[string][]byte{
		"shorter than an idx header":    {0, 0},
		"shorter than its idx header":   good[:9],
		"is cut short":                  good[:len(good)-1],
		"holds more than the 24 bytes":  append(bytes.Clone(good), 9),
		"no idx file: it starts with":   append([]byte{1, 2}, good[2:]...),
		"holds idx type 0xd":            append([]byte{0, 0, 13}, good[3:]...),
		"has 2 dimensions":              idxFile(counting(4), 2, 2),
		"dimensions is 0":               idxFile(nil, 0, 28, 28),
		"images of 4 colors":            idxFile(counting(16), 2, 2, 1, 4),
		"promises 8589934592 bytes":     idxFile(counting(10), 1<<13, 1<<10, 1<<10),
		"more bytes than any file":      idxFile(counting(10), 1<<32-1, 1<<32-1, 1<<32-1),
		"damaged gzip (gzip: invalid c": flipped,
		"damaged gzip (unexpected EOF)": gz(good)[:20],
		"damaged gzip (gzip: invalid h": {0x1f, 0x8b, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		path := write(t, filepath.Join(t.TempDir(), "x-images-idx3-ubyte"), data)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Open(path)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), say) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want a sentence with %q and the path, got %v", say, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
			t.Errorf("%s: took %d bytes of memory", say, took)
		}
	}
}

func TestIDXLabelDamage(t *testing.T) {
	for say, data := range map[string][]byte{
		"holds 3 labels":   idxFile([]byte{1, 2, 3}, 3),
		"has 3 dimensions": idxFile(counting(4), 4, 1, 1),
		"is cut short":     idxFile([]byte{1, 2, 3}, 4),
	} {
		dir := t.TempDir()
		path := write(t, filepath.Join(dir, "x-images-idx3-ubyte"), idxFile(counting(24), 4, 2, 3))
		labels := write(t, filepath.Join(dir, "x-labels-idx1-ubyte"), data)
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), say) || !strings.Contains(err.Error(), labels) {
			t.Errorf("want %q and the label file's path, got %v", say, err)
		}
	}
}

// Any change of any byte, cut or added bytes: an error or a source all of
// whose images decode, never a panic.
func TestIDXAnyDamage(t *testing.T) {
	plainFile := idxFile(counting(24), 4, 2, 3)
	packed := gz(plainFile)
	rapid.Check(t, func(t *rapid.T) {
		data := bytes.Clone(plainFile)
		if rapid.Bool().Draw(t, "gz") {
			data = bytes.Clone(packed)
		}
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			data[rapid.IntRange(0, len(data)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		data = append(data[:rapid.IntRange(0, len(data)).Draw(t, "cut")], rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "more")...)
		s, err := newIDX("x", bytes.NewReader(data), int64(len(data)), "", nil, 0)
		if err != nil {
			return
		}
		for i := range s.Len() {
			if im, err := s.Decode(i); err != nil || len(im.Pix) != im.W*im.H*3 {
				t.Fatalf("image %d: %v", i, err)
			}
		}
	})
}

func FuzzIDX(f *testing.F) {
	f.Add(idxFile(counting(24), 4, 2, 3))
	f.Add(gz(idxFile(counting(24), 4, 2, 3)))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := newIDX("x", bytes.NewReader(data), int64(len(data)), "", nil, 0)
		if err != nil {
			return
		}
		if _, err := s.Decode(s.Len() - 1); err != nil {
			t.Error(err)
		}
	})
}

func TestDemo(t *testing.T) {
	train, test, err := Demo()
	if err != nil {
		t.Fatal(err)
	}
	if train.Len() != 8000 || test.Len() != 2000 {
		t.Errorf("%d and %d images", train.Len(), test.Len())
	}
	// The set's first label is 9, an ankle boot; the classes are balanced.
	if train.Label(0) != 9 || train.Classes()[9] != "Ankle boot" {
		t.Errorf("the first image has label %d", train.Label(0))
	}
	var count [10]int
	for _, s := range []Source{train, test} {
		for i := range s.Len() {
			count[s.Label(i)]++
		}
	}
	for c, n := range count {
		if n != 1000 {
			t.Errorf("class %d has %d images, want 1000", c, n)
		}
	}
	a, err := test.Decode(0)
	if err != nil || a.W != 28 || a.H != 28 {
		t.Fatalf("%+v, %v", a, err)
	}
	if test.Name(0) != "t10k-images-idx3-ubyte.gz#8000" {
		t.Errorf("the first test image is %s", test.Name(0))
	}
}

func TestSliceAndLimit(t *testing.T) {
	src := fake{n: 10}
	s := Slice(Slice(src, 2, 9), 1, 4)
	if s.Len() != 3 || s.Name(0) != "p3" || s.Name(2) != "p5" {
		t.Errorf("%d images from %s to %s", s.Len(), s.Name(0), s.Name(2))
	}
	l := Limit(src, 4)
	var names []string
	for i := range l.Len() {
		names = append(names, l.Name(i))
	}
	if got := strings.Join(names, " "); got != "p0 p2 p5 p7" {
		t.Errorf("Limit 4 of 10 takes %s", got)
	}
	for _, n := range []int{0, -1, 10, 99} {
		if Limit(src, n).Len() != 10 {
			t.Errorf("Limit %d changed the source", n)
		}
	}
}
