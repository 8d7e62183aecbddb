package weights

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino/weights/dtype"
	"github.com/dinogpu/dinogpu/layers"
)

// Values that a type holds come back as they were, in a file of that type's size; those that it cannot hold name their
// tensor, and no file appears.
func TestWriteSafetensorsAs(t *testing.T) {
	many := layers.HostTensor{Name: "many", Shape: []int{70_000}, Values: make([]float32, 70_000)} // several pieces
	for i := range many.Values {
		many.Values[i] = float32(i%2048) / 8
	}
	tensors := []layers.HostTensor{many, {Name: "x", Shape: []int{2, 2}, Values: []float32{1, -0.5, 65504, 0}}}
	for kind, width := range map[string]int64{"F16": 2, "F32": 4, "F64": 8} {
		path := filepath.Join(t.TempDir(), "a.safetensors")
		if err := WriteSafetensorsAs(path, kind, tensors, map[string]string{"a": "b"}); err != nil {
			t.Fatal(err)
		}
		got, meta, err := ReadSafetensors(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tensors, got); d != "" || meta["a"] != "b" {
			t.Errorf("%s: metadata %v, (-want +got)\n%.1000s", kind, meta, d)
		}
		if info, err := os.Stat(path); err != nil || info.Size() < 70_004*width || info.Size() > 70_004*width+512 {
			t.Errorf("%s: %d bytes, %v", kind, info.Size(), err)
		}
	}
	path := filepath.Join(t.TempDir(), "a.safetensors")
	tensors[1].Values[2] = 70_000
	var overflow *dtype.OverflowError
	err := WriteSafetensorsAs(path, "F16", tensors, nil)
	if !errors.As(err, &overflow) || !strings.Contains(err.Error(), `tensor "x" has the value 70000, which float16 cannot hold`) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was written all the same")
	}
}
