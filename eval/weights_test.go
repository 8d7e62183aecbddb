package eval

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// openPyTorch opens a file of testdata/golden in a folder whose config.json says how many heads the model has: its width
// of 48 does not.
func openPyTorch(t *testing.T, name string) *weights.Model {
	t.Helper()
	data, err := os.ReadFile(golden.Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"pytorch_model.bin": data, "config.json": []byte(`{"architecture": "vit", "model_args": {"num_heads": 3}}`),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	w, err := weights.Open(dir, weights.Options{Notice: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// near allows a part of the largest entry.
func near(t *testing.T, what string, got, want []float32) {
	t.Helper()
	const tolerance = 1e-4
	worst, most := 0.0, 0.0
	for i := range want {
		worst = max(worst, math.Abs(float64(got[i])-float64(want[i])))
		most = max(most, math.Abs(float64(want[i])))
	}
	if len(got) != len(want) || !(worst <= tolerance*most) {
		t.Errorf("%s: %d values for %d, off by %.2g of the largest, allowed %.2g", what, len(got), len(want), worst/most, tolerance)
	}
}

// features runs a network over two normalized images (2, 3, height, width).
func features(t *testing.T, d *gpu.Device, w *weights.Model, role string, input []float32, height, width int) []float32 {
	t.Helper()
	arena, err := w.Upload(d, role)
	if err != nil {
		t.Fatal(err)
	}
	defer arena.Release()
	b, err := dino.NewBackbone(d, d.Target(), dino.BackboneConfig{ViT: w.ViT, Height: height, Width: width, Batch: 2, Blocks: 1, Normalized: true}, arena)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	half := len(input) / 2
	out, err := b.RunNormalized(context.Background(), [][]float32{input[:half], input[half:]})
	if err != nil {
		t.Fatal(err)
	}
	return out.Class[0]
}

// The released code's files give what PyTorch gives: a backbone at six sizes, and a checkpoint through its head.
func TestPyTorchFilesGivePyTorchsFeatures(t *testing.T) {
	d := device(t)
	g := golden.Open(t, "vit.safetensors")
	w := openPyTorch(t, "backbone.pth")
	for _, size := range [][2]int{{32, 32}, {16, 16}, {40, 24}, {65, 35}, {8, 8}, {96, 96}} {
		tag := fmt.Sprintf("%dx%d.", size[0], size[1])
		near(t, tag+"feature", features(t, d, w, weights.RoleTeacher, g.Float32s(tag+"input"), size[0], size[1]), g.Float32s(tag+"feature"))
	}
	g = golden.Open(t, "pth.safetensors")
	near(t, "backbone.feature", features(t, d, w, weights.RoleTeacher, g.Float32s("input"), 32, 32), g.Float32s("backbone.feature"))

	w = openPyTorch(t, "checkpoint.pth")
	if w.Format != "DINO checkpoint (.pth), teacher and student" || !slices.Equal(w.Center, slices.Repeat([]float32{0.1}, 96)) {
		t.Errorf("%q with the center %v", w.Format, w.Center)
	}
	for _, role := range []string{weights.RoleTeacher, weights.RoleStudent} { // they share their memory in this file
		got := features(t, d, w, role, g.Float32s("input"), 32, 32)
		near(t, role+" feature", got, g.Float32s("checkpoint.teacher.feature"))
		near(t, role+" logits", logits(t, d, w, role, got), g.Float32s("checkpoint.teacher.logits"))
		checkTensors(t, w, role, g)
	}
}

// logits takes two features through a network's head.
func logits(t *testing.T, d *gpu.Device, w *weights.Model, role string, features []float32) []float32 {
	t.Helper()
	n, err := w.Network(role)
	if err != nil {
		t.Fatal(err)
	}
	c := layers.HeadConfig{In: 48, Layers: 3, Hidden: 64, Bottleneck: 16, Out: 96}
	l := &layers.Params{}
	c.AddParams(l, settings.HeadPrefix)
	arena := l.NewArena("head")
	defer arena.Release()
	if err := arena.Write(d, n.Head); err != nil {
		t.Fatal(err)
	}
	p := gpu.NewProgram("head", d.Target())
	x := gpu.NewTensor("features", 2, c.In)
	defer gpu.Release(x)
	last := layers.NewPrototypes(settings.HeadPrefix, arena, nil, false)
	last.Begin(p)
	out := p.Pin(last.Logits(p, layers.NewHead(c, settings.HeadPrefix, arena, nil, layers.Evaluating, false).Forward(p, x)))
	if err := p.Build(d); err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	if err := d.Write(x, features); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	values := make([]float32, out.Len())
	if err := p.Read(out, values); err != nil {
		t.Fatal(err)
	}
	return values
}

// checkTensors compares every tensor, bit by bit.
func checkTensors(t *testing.T, w *weights.Model, role string, g *golden.File) {
	t.Helper()
	n, err := w.Network(role)
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Backbone) != 42 || len(n.Head) != 8 {
		t.Errorf("%d tensors in the backbone, %d in the head", len(n.Backbone), len(n.Head))
	}
	for i, x := range append(slices.Clone(n.Backbone), n.Head...) {
		name := "checkpoint.teacher." + x.Name
		if i < len(n.Backbone) {
			name = "checkpoint.teacher.backbone." + x.Name
		}
		if !slices.Equal(x.Shape, g.Shape(name)) || !slices.Equal(x.Values, g.Float32s(name)) {
			t.Errorf("%s of the %s is not PyTorch's", x.Name, role)
		}
	}
}
