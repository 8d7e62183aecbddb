package torchfile

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// open opens a file of the tests, which has to be good.
func open(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// wantValues compares bits with what PyTorch gives.
func wantValues(t *testing.T, f *File, i int, shape []int, values []float32) {
	t.Helper()
	got, err := f.Values(i)
	if err != nil {
		t.Error(err)
	} else if !slices.Equal(f.Tensors[i].Shape, shape) || !bytes.Equal(floatBytes(got), floatBytes(values)) {
		t.Errorf("%s: %s is %v %v, want %v %v", filepath.Base(f.path), f.Tensors[i].Name, f.Tensors[i].Shape, got, shape, values)
	}
}

func TestGoldenBackbone(t *testing.T) {
	f, want := open(t, golden.Path(t, "backbone.pth")), golden.Open(t, "vit.safetensors")
	if f.Kind != "zip" || len(f.Tensors) != 42 || f.Tensors[0].Name != "cls_token" || f.Tensors[41].Name != "norm.bias" {
		t.Fatalf("a file of kind %q, %d tensors: %v", f.Kind, len(f.Tensors), f.Tensors)
	}
	for i, x := range f.Tensors {
		wantValues(t, f, i, want.Shape("weights."+x.Name), want.Float32s("weights."+x.Name))
	}
}

func TestGoldenCheckpoint(t *testing.T) {
	f, want := open(t, golden.Path(t, "checkpoint.pth")), golden.Open(t, "pth.safetensors")
	found := 0
	for i, x := range f.Tensors {
		name := strings.Replace(x.Name, "student.module.", "teacher.", 1) // they share memory
		if name == "dino_loss.center" {
			center := slices.Repeat([]float32{0.1}, 96)
			wantValues(t, f, i, []int{1, 96}, center)
			continue
		}
		found++
		wantValues(t, f, i, want.Shape("checkpoint."+name), want.Float32s("checkpoint."+name))
	}
	teacher := 0
	for _, name := range want.Names() {
		if strings.HasPrefix(name, "checkpoint.teacher.") && name != "checkpoint.teacher.feature" && name != "checkpoint.teacher.logits" {
			teacher++
		}
	}
	if teacher != 50 || found != 2*teacher || len(f.Tensors) != found+1 {
		t.Errorf("%d tensors, of which %d are student's and teacher's; the teacher has %d", len(f.Tensors), found, teacher)
	}
}

// Every tensor of every file in testdata/torch, beside what PyTorch says that it is.
func TestFilesOfPyTorch(t *testing.T) {
	want := golden.Open(t, "../torch/expected.safetensors")
	files, err := filepath.Glob(golden.Path(t, "../torch/*.pth"))
	if err != nil || len(files) != 13 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	seen := 0
	for _, path := range files {
		f, base := open(t, path), filepath.Base(path)
		if legacy := strings.HasSuffix(base, "-legacy.pth"); (f.Kind == "legacy") != legacy || !legacy && f.Kind != "zip" {
			t.Errorf("%s is of kind %s", base, f.Kind)
		}
		for i, x := range f.Tensors {
			key := base + " " + x.Name
			if !want.Has(key) {
				t.Errorf("%s is not in it", key)
				continue
			}
			seen++
			if dtype := want.Setting(key); x.DType != dtype {
				t.Errorf("%s has type %s, want %s", key, x.DType, dtype)
			}
			wantValues(t, f, i, want.Shape(key), want.Float32s(key))
		}
	}
	if all := len(want.Names()); seen != all || all < 100 {
		t.Errorf("%d tensors of %d were found", seen, all)
	}
}

func TestOrderIsThePickles(t *testing.T) {
	f := open(t, golden.Path(t, "../torch/views-legacy.pth"))
	names := []string{}
	for _, x := range f.Tensors {
		names = append(names, x.Name)
	}
	want := []string{
		"base", "permuted", "steps", "row", "column", "expanded", "windows", "overlapping", "half", "one", "empty", "ones",
		"list.0", "list.1.0", "list.1.1.3",
	}
	if !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}
