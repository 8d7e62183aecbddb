package weights

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino/weights/dtype"
	"github.com/dinogpu/dinogpu/dino/weights/torchfile"
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

// A batch norm's count is an int64 in files of every kind and type, as PyTorch has it, and comes back through all readers.
func TestCountsAreIntegersInFiles(t *testing.T) {
	tensors := []layers.HostTensor{
		{Name: "bn.num_batches_tracked", Shape: []int{}, Values: []float32{1 << 24}},
		{Name: "bn.running_mean", Shape: []int{2}, Values: []float32{0.5, -2}},
		{Name: "scalar", Shape: []int{}, Values: []float32{0.25}},
	}
	files := map[string]func(path, kind string) error{
		"a.safetensors": func(path, kind string) error { return WriteSafetensorsAs(path, kind, tensors, nil) },
		"a.pth":         func(path, kind string) error { return torchfile.WriteAs(path, kind, tensors) },
	}
	for name, write := range files {
		for _, kind := range []string{"F32", "F16"} {
			path := filepath.Join(t.TempDir(), name)
			if err := write(path, kind); err != nil {
				t.Fatal(err)
			}
			got, _, err := ReadTensors(path, func(string) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tensors, got); d != "" {
				t.Errorf("%s of %s (-want +got)\n%s", name, kind, d)
			}
			c, err := readContents(path)
			if err != nil {
				t.Fatal(err)
			}
			defer c.close()
			for i, want := range []string{"I64", kind, kind} {
				if c.tensors[i].dtype != want {
					t.Errorf("%s: %s is of type %s, want %s", name, c.tensors[i].name, c.tensors[i].dtype, want)
				}
			}
		}
	}
}
