package featurefile

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Byte for byte what numpy 1.24's np.save writes of np.arange(6, dtype="f4") in these shapes.
func TestWriteNPY(t *testing.T) {
	for shape, dims := range map[string][]int{"(6,)": {6}, "(2, 3)": {2, 3}, "(1, 3, 2)": {1, 3, 2}} {
		path := filepath.Join(t.TempDir(), "a.npy")
		if err := WriteNPY(path, []float32{0, 1, 2, 3, 4, 5}, dims...); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		head := "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }"
		want := []byte(head + strings.Repeat(" ", 127-len(head)) + "\n")
		for i := range 6 {
			want = binary.LittleEndian.AppendUint32(want, []uint32{0, 0x3f800000, 0x40000000, 0x40400000, 0x40800000, 0x40a00000}[i])
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s:\n%q, want\n%q", shape, got, want)
		}
	}
}

func TestWriteNPYFails(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteNPY(filepath.Join(taken, "a.npy"), []float32{1}, 1); err == nil || !strings.Contains(err.Error(), "a.npy") {
		t.Errorf("the error is %v", err)
	}
}
