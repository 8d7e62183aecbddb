package torchfile

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/layers"
)

// sampleTensors have the shapes that go wrong, and values that do not equal themselves.
func sampleTensors() []layers.HostTensor {
	long := make([]float32, 3*70001)
	for i := range long {
		long[i] = float32(i) / 7
	}
	return []layers.HostTensor{
		{Name: "z.first", Shape: []int{3}, Values: []float32{1, float32(math.Inf(-1)), float32(math.Copysign(0, -1))}},
		{Name: "empty", Shape: []int{0, 4}, Values: []float32{}},
		{Name: "long", Shape: []int{3, 70001}, Values: long},
		{Name: "scalar \"ü\"", Shape: []int{}, Values: []float32{math.Float32frombits(0x7fc01234)}},
		{Name: "cls_token", Shape: []int{1, 1, 2}, Values: []float32{0.1, 2}},
	}
}

func TestWriteRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.pth")
	want := sampleTensors()
	if err := Write(path, want); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	if f.Kind != "zip" || len(f.Tensors) != len(want) {
		t.Fatalf("a file of kind %s with %d tensors", f.Kind, len(f.Tensors))
	}
	for i, w := range want {
		if x := f.Tensors[i]; x.Name != w.Name || x.DType != "F32" {
			t.Errorf("tensor %d is %q of type %s, want %q", i, x.Name, x.DType, w.Name)
		}
		wantValues(t, f, i, w.Shape, w.Values)
		if at := f.Tensors[i].view.storage.offset; at%64 != 0 {
			t.Errorf("tensor %d begins at byte %d", i, at)
		}
	}
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "again.pth")
	if err := Write(path, want); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(first, again) {
		t.Errorf("written again, the file is another (%v)", err)
	}
	path = filepath.Join(t.TempDir(), "nothing.pth")
	if err := Write(path, nil); err != nil {
		t.Fatal(err)
	}
	if f := open(t, path); len(f.Tensors) != 0 {
		t.Errorf("a file of nothing holds %d tensors", len(f.Tensors))
	}
}

func TestWriteRefuses(t *testing.T) {
	folder := t.TempDir()
	for want, tensors := range map[string][]layers.HostTensor{
		`two tensors are named "a"`:                 {{Name: "a", Shape: []int{0}}, {Name: "a", Shape: []int{0}}},
		`name "" is empty`:                          {{Shape: []int{0}}},
		`name "\xff" is empty or not UTF-8`:         {{Name: "\xff", Shape: []int{0}}},
		`tensor "a" has shape [-1 0]`:               {{Name: "a", Shape: []int{-1, 0}}},
		`tensor "a" of shape [2] has 1 values`:      {{Name: "a", Shape: []int{2}, Values: []float32{1}}},
		`tensor "a" has shape [4611686018427387904`: {{Name: "a", Shape: []int{1 << 62, 4}}},
	} {
		path := filepath.Join(folder, "x.pth")
		if err := Write(path, tensors); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("%v are left behind, %v", left, err)
	}
}

func TestRowMajor(t *testing.T) {
	for _, c := range [][2][]int{{{2, 3, 4}, {12, 4, 1}}, {{}, {}}, {{3, 0, 2}, {2, 2, 1}}} {
		if got := rowMajor(c[0]); !slices.Equal(got, c[1]) {
			t.Errorf("%v: %v, want %v", c[0], got, c[1])
		}
	}
}
