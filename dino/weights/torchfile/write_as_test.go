package torchfile

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dinogpu/dinogpu/dino/weights/dtype"
	"github.com/dinogpu/dinogpu/layers"
)

// Halves come back as they were; what float16 cannot hold is an error.
func TestWriteAsHalf(t *testing.T) {
	x := layers.HostTensor{Name: "x", Shape: []int{2, 2}, Values: []float32{1, -0.5, 65504, 0x1p-24}}
	path := filepath.Join(t.TempDir(), "a.pth")
	if err := WriteAs(path, "F16", []layers.HostTensor{x}); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // nothing was written
	if len(f.Tensors) != 1 || f.Tensors[0].Name != "x" || f.Tensors[0].DType != "F16" || !slices.Equal(f.Tensors[0].Shape, x.Shape) {
		t.Fatalf("tensors %+v", f.Tensors)
	}
	if got, err := f.Values(0); err != nil || !slices.Equal(got, x.Values) {
		t.Errorf("%v, %v", got, err)
	}
	var overflow *dtype.OverflowError
	x.Values[0] = 65520
	if err := WriteAs(path, "F16", []layers.HostTensor{x}); !errors.As(err, &overflow) {
		t.Errorf("%v", err)
	}
}
