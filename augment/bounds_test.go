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
)

// A small file that unpacks to much more than images do is refused by its header, before memory is taken.
func TestGzippedIDXIsBounded(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	head := []byte{0, 0, 8, 3}
	for _, d := range []uint32{1 << 14, 128, 128} { // 256 MiB of zeros, in 260 kB
		head = binary.BigEndian.AppendUint32(head, d)
	}
	if _, err := w.Write(head); err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 256 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := write(t, filepath.Join(t.TempDir(), "x-images-idx3-ubyte.gz"), packed.Bytes())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Open(path)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "promises 268435456, more than images can be packed") || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("took %d bytes of memory", took)
	}
}

func TestListsAreBounded(t *testing.T) {
	dir := tree(t, "a.png")
	path := write(t, filepath.Join(dir, "list.txt"), []byte("a.png\n"))
	if err := os.Truncate(path, mostList+1); err != nil { // a hole, which takes no disk
		t.Fatal(err)
	}
	if _, err := OpenList(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "more than the 1073741824 that are read") {
		t.Errorf("%v", err)
	}
}
