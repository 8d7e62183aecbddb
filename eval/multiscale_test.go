package eval

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// closeTo fails where a value is further from what it should be than within.
func closeTo(t *testing.T, name string, got, want []float32, within float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d values, want %d", name, len(got), len(want))
	}
	worst := 0.0
	for i, v := range got {
		worst = max(worst, math.Abs(float64(v)-float64(want[i])))
	}
	if !(worst <= within) {
		t.Errorf("%s is off by up to %g, want at most %g", name, worst, within)
	}
}

// PyTorch's resized images, their features, and what is made of the three.
func TestMultiScaleGolden(t *testing.T) {
	d, g := device(t), golden.Open(t, "retrieval.safetensors")
	v, weights := goldenNet(t, d)
	input, shape := g.Float32s("multiscale.0.input"), g.Shape("multiscale.0.input")
	var features [][]float32
	for k, scale := range multiScales {
		name := fmt.Sprintf("multiscale.%d", k)
		planes, h, w := rescale(input, shape[2], shape[3], scale)
		if s := g.Shape(name + ".input"); h != s[2] || w != s[3] {
			t.Fatalf("%s is %d x %d, want %v", name, h, w, s)
		}
		closeTo(t, name+".input", planes, g.Float32s(name+".input"), 1e-5)
		b, err := dino.NewBackbone(d, d.Target(), dino.BackboneConfig{ViT: v, Height: h, Width: w, Blocks: 1, Normalized: true, Batch: 1}, weights)
		if err != nil {
			t.Fatal(err)
		}
		out, err := b.RunNormalized(context.Background(), [][]float32{planes})
		b.Release()
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, name+".feature", out.Class[0], g.Float32s(name+".feature"), 1e-4)
		features = append(features, out.Class[0])
	}
	closeTo(t, "descriptor", atOnce(features), g.Float32s("multiscale.descriptor"), 1e-4)
	// Each feature brought to length 1 before the mean is a usual mistake.
	for _, f := range features {
		toUnit(f)
	}
	off := 0.0
	for i, x := range atOnce(features) {
		off = max(off, math.Abs(float64(x-g.Float32s("multiscale.descriptor")[i])))
	}
	if off < 1.5e-4 {
		t.Errorf("features of length 1 before the mean are off by %g, and would pass", off)
	}
}

// Files go the same way: an embedding at three scales gives what its parts do.
func TestEmbedAtScales(t *testing.T) {
	d := device(t)
	images := goldenImages(t)
	e, weights := goldenEmbedding(t, d, thumbnails{images, 40})
	e.AsIs, e.Size, e.scales = true, 40, multiScales
	e.Source = repeated{e.Source, 3}
	rows, _ := embed(t, d, e, weights)
	if len(rows) != 9 {
		t.Fatalf("%d rows of three images at three scales", len(rows))
	}
	for i, row := range rows {
		im, err := e.Source.Decode(i)
		if err != nil {
			t.Fatal(err)
		}
		v := scaled(im, multiScales[i%3], e.Mean, e.Std)
		b, err := dino.NewBackbone(d, d.Target(), dino.BackboneConfig{ViT: e.ViT, Height: v.h, Width: v.w, Blocks: 1, Normalized: true, Batch: 1}, weights)
		if err != nil {
			t.Fatal(err)
		}
		out, err := b.RunNormalized(context.Background(), [][]float32{v.values})
		b.Release()
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, fmt.Sprint("row ", i), row.Features, out.Class[0], 1e-5)
	}
	// At scale 1 normalized values and bytes are the same image.
	e.scales, e.Source = nil, thumbnails{images, 40}
	plain, _ := embed(t, d, e, weights)
	for i, row := range plain {
		closeTo(t, fmt.Sprint("image ", i), row.Features, rows[3*i].Features, 1e-5)
	}
}
