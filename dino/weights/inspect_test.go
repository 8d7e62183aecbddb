package weights

import (
	"bytes"
	"encoding/binary"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

func mustInspect(t *testing.T, path string, moments bool) *Inspection {
	t.Helper()
	s, err := Inspect(path, moments, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestInspectValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	path := filepath.Join(t.TempDir(), "x.safetensors")
	err := WriteSafetensors(path, []layers.HostTensor{
		{Name: "a", Shape: []int{2, 2}, Values: []float32{nan, -3, 4, inf}},
		{Name: "b", Shape: []int{2}, Values: []float32{nan, nan}},
		{Name: "c", Shape: []int{0}, Values: []float32{}},
		{Name: "d", Shape: []int{}, Values: []float32{1e30}},
	}, map[string]string{"who": "me"})
	if err != nil {
		t.Fatal(err)
	}
	s := mustInspect(t, path, false)
	want := []TensorSummary{
		{Name: "a", DType: "F32", Shape: []int{2, 2}, Values: &ValueSummary{Norm: 5, Min: -3, Max: 4, NotFinite: 2}},
		{Name: "b", DType: "F32", Shape: []int{2}, Values: &ValueSummary{NotFinite: 2}},
		{Name: "c", DType: "F32", Shape: []int{0}, Values: &ValueSummary{}},
		{Name: "d", DType: "F32", Shape: []int{}, Values: &ValueSummary{Norm: float64(float32(1e30)), Min: float64(float32(1e30)), Max: float64(float32(1e30))}},
	}
	if diff := cmp.Diff(want, s.Tensors); diff != "" {
		t.Error(diff)
	}
	if s.Format != "tensors (.safetensors)" || s.ViT != nil || s.Unusable == nil || s.Metadata["who"] != "me" || s.File != path || s.Bytes == 0 {
		t.Errorf("%+v", s)
	}
}

// Everything that Open takes, and what it says of each.
func TestInspectUsable(t *testing.T) {
	c := smallConfig()
	run := writeRun(t, c, 4)
	networks := func(s *Inspection) (out []string) {
		for _, n := range s.Networks {
			out = append(out, n.Role)
		}
		return out
	}
	for path, want := range map[string]struct {
		format   string
		networks []string
		tensors  int
	}{
		run:                             {"checkpoint of dinogpu, teacher and student", []string{"teacher", "student"}, 1 + 2*(4+12*2+2+8)},
		filepath.Join(run, TeacherFile): {"backbone of dinogpu (.safetensors)", []string{"teacher"}, 4 + 12*2 + 2},
	} {
		s := mustInspect(t, path, false)
		if s.Unusable != nil || s.Format != want.format || s.ViT == nil || *s.ViT != c.ViT() || len(s.Tensors) != want.tensors {
			t.Errorf("%s: %v, %q, %+v, %d tensors", path, s.Unusable, s.Format, s.ViT, len(s.Tensors))
		}
		if diff := cmp.Diff(want.networks, networks(s)); diff != "" {
			t.Error(diff)
		}
		l := &layers.Params{}
		c.ViT().AddParams(l, "")
		if s.Networks[0].Backbone != l.Count() {
			t.Errorf("%s: %d values in the backbone, want %d", path, s.Networks[0].Backbone, l.Count())
		}
	}
	if s := mustInspect(t, run, false); s.Metadata["step"] != "4" || !strings.Contains(s.Metadata["config.yaml"], "dim: 24") {
		t.Errorf("%v", s.Metadata)
	}
}

// A checkpoint of PyTorch without what its width of 48 needs: it cannot be used, and everything is listed all the same.
func TestInspectUnusable(t *testing.T) {
	s := mustInspect(t, golden.Path(t, "checkpoint.pth"), false)
	if s.Unusable == nil || !strings.Contains(s.Unusable.Error(), "how many attention heads") || s.Format != "DINO checkpoint (.pth), teacher and student" || len(s.Tensors) != 101 || len(s.Networks) != 2 {
		t.Errorf("%v, %q, %d tensors, %d networks", s.Unusable, s.Format, len(s.Tensors), len(s.Networks))
	}
	for _, x := range s.Tensors {
		if x.Values == nil || x.Unread != nil {
			t.Errorf("%s was not read: %v", x.Name, x.Unread)
		}
	}
	// A checkpoint whose settings no longer exist.
	path := filepath.Join(t.TempDir(), "x.dino")
	if err := WriteCheckpoint(path, Header{Step: 3, Config: "no_such_setting: 1\n"}, hostWeights(smallConfig(), "teacher.backbone.", false)); err != nil {
		t.Fatal(err)
	}
	if s := mustInspect(t, path, false); s.Unusable == nil || s.Metadata["step"] != "3" || len(s.Tensors) != 30 {
		t.Errorf("%v, %v, %d tensors", s.Unusable, s.Metadata, len(s.Tensors))
	}
	if _, err := Inspect(writeTestFile(t, filepath.Join(t.TempDir(), "x.safetensors"), []byte("none")), false, nil); err == nil {
		t.Error("a damaged file can be inspected")
	}
}

// Moments of an optimizer are looked at only if asked for, integers never.
func TestInspectLeavesOut(t *testing.T) {
	c := smallViT()
	moment := layers.HostTensor{Name: "optimizer.state.0.exp_avg", Shape: []int{2}, Values: []float32{3, 4}}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := WriteSafetensors(path, append(hostWeights(c, "teacher.", false), moment), nil); err != nil {
		t.Fatal(err)
	}
	for _, all := range []bool{false, true} {
		found := false
		for _, x := range mustInspect(t, path, all).Tensors {
			if x.Optimizer {
				found = true
				if (x.Values != nil) != all || all && x.Values.Norm != 5 {
					t.Errorf("with moments %t: %+v", all, x.Values)
				}
			} else if x.Values == nil {
				t.Errorf("%s was not looked at", x.Name)
			}
		}
		if !found {
			t.Error("no moment is listed")
		}
	}
	header := []byte(`{"steps":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}`)
	path = writeTestFile(t, path, bytes.Join([][]byte{binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header, make([]byte, 8)}, nil))
	if s := mustInspect(t, path, false); s.Tensors[0].Values != nil || s.Tensors[0].Unread == nil || !strings.Contains(s.Tensors[0].Unread.Error(), `"I64"`) {
		t.Errorf("%+v", s.Tensors[0])
	}
}
