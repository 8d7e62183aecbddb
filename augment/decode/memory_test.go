package decode

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// pngSaying is a PNG of almost nothing that claims this size, depth and kind.
func pngSaying(w, h uint32, depth, kind byte) []byte {
	chunk := func(name string, body []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		b = append(append(b, name...), body...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	b := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, depth, kind, 0, 0, 0))...)
	b = append(b, chunk("IDAT", []byte("\x78\x9c\x63\x00\x00\x00\x01\x00\x01"))...)
	return append(b, chunk("IEND", nil)...)
}

// tiffSaying is a TIFF of almost nothing that claims this size.
func tiffSaying(w, h, packing uint32) []byte {
	out := append([]byte("II*\x00"), binary.LittleEndian.AppendUint32(nil, 8)...)
	return append(out, directory(len(out), [][]uint32{
		{tagWidth, w}, {tagHeight, h}, {tagBits, 1}, {tagPacking, packing}, {tagMeaning, isGray}, {tagStrips, 8}, {tagStripSizes, 8},
	})...)
}

// A small file that claims a large image costs no memory, in any format, whatever
// its shape.
func TestClaimsCostNoMemory(t *testing.T) {
	jpg, err := os.ReadFile(oddDir + "photo.jpg")
	if err != nil {
		t.Fatal(err)
	}
	progressive, err := os.ReadFile(oddDir + "photo-progressive.jpg")
	if err != nil {
		t.Fatal(err)
	}
	sized := func(data []byte, sof byte, w, h uint16) []byte {
		data = bytes.Clone(data)
		at := bytes.Index(data, []byte{0xff, sof})
		binary.BigEndian.PutUint16(data[at+5:], h)
		binary.BigEndian.PutUint16(data[at+7:], w)
		return data
	}
	for name, data := range map[string][]byte{
		"a row of 16-bit PNG":    pngSaying(178_000_000, 1, 16, 6),
		"a column of PNG":        pngSaying(1, 178_000_000, 8, 2),
		"a square PNG":           pngSaying(13000, 13000, 8, 2),
		"a PNG of 2^31 a side":   pngSaying(1<<31-1, 1<<31-1, 8, 0),
		"a GIF":                  append([]byte("GIF89a\x00\x30\x00\x30\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x00\x30\x00\x30\x00\x02"), make([]byte, 40)...),
		"a TIFF":                 tiffSaying(13000, 13000, 1),
		"a fax":                  tiffSaying(13000, 13000, 4),
		"a TIFF of one tile":     tiffSaying(1<<31, 1, 1),
		"a BMP":                  append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x00\x30\x00\x00\x00\x30\x00\x00\x01\x00\x08\x00\x01\x00\x00\x00"), make([]byte, 60)...),
		"a lossless WebP":        []byte("RIFF\x12\x00\x00\x00WEBPVP8L\x05\x00\x00\x00\x2f\xff\xf1\xff\x0c"),
		"a huge JPEG":            sized(jpg, 0xc0, 13000, 13000),
		"a huge progressive one": sized(progressive, 0xc2, 13000, 13000),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := decodeBytes(data, nil)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s was read", name)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
			t.Errorf("%s took %d bytes of memory (%v)", name, took, err)
		}
	}
}

// All workers together never hold more than the budget, and all images come out.
func TestBudgetBoundsAllWorkers(t *testing.T) {
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewNRGBA(image.Rect(0, 0, 100, 100))); err != nil {
		t.Fatal(err)
	}
	b := newBudget(200_000) // two at once while they are decoded
	var all sync.WaitGroup
	var mu sync.Mutex
	held, most, done := 0, 0, 0
	for range 8 {
		all.Go(func() {
			for range 20 {
				im, err := Decode(bytes.NewReader(file.Bytes()), Options{Budget: b})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				held += len(im.Pix)
				most = max(most, held)
				done++
				mu.Unlock()
				runtime.Gosched()
				mu.Lock()
				held -= len(im.Pix)
				mu.Unlock()
				im.Release()
			}
		})
	}
	all.Wait()
	if done != 160 || most > b.size {
		t.Errorf("%d images, up to %d bytes of them at once; want 160 and at most %d", done, most, b.size)
	}
	if !b.free.TryAcquire(int64(b.size)) {
		t.Error("the budget has not been given back")
	}
}

// Errors give the budget back too; an image that alone passes it is told what to do.
func TestBudgetOfBadImages(t *testing.T) {
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewNRGBA(image.Rect(0, 0, 100, 100))); err != nil {
		t.Fatal(err)
	}
	b := newBudget(60_000)
	for _, c := range []struct {
		data []byte
		say  string
	}{
		{file.Bytes(), "more than the 60000 bytes that there may be: shrink it, or cut it into parts"},
		{bytes.Repeat([]byte("x"), 70_000), "decoding it takes 70000 bytes of memory"},
		{file.Bytes()[:30], "PNG"},
		{nil, "an empty file"},
	} {
		_, err := Decode(bytes.NewReader(c.data), Options{Budget: b})
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("want %q, got %v", c.say, err)
		}
		if !b.free.TryAcquire(int64(b.size)) {
			t.Fatalf("%v: the budget has not been given back", err)
		}
		b.free.Release(int64(b.size))
	}
}
