package dino

import (
	"context"
	"math"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// Logits made a few crops at a time give the loss and gradients of all at once, to rounding.
func TestLogitsInChunks(t *testing.T) {
	c := tinyConfig()
	c.HeadBottleneck = 64
	step := func(limit int) (*Trainer, float64) {
		l := tinyLoader(t, c, 1)
		tr, err := Record(c, gpu.SoftwareTarget, l.StepsPerEpoch(), Options{Crops: settings.CropsTogether, logitsLimit: limit})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tr.Release)
		if err := tr.Build(openDevice(t)); err != nil {
			t.Fatal(err)
		}
		b, err := l.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		m, err := tr.Step(b)
		if err != nil {
			t.Fatal(err)
		}
		return tr, m.Loss
	}
	whole, a := step(1 << 20)
	parts, b := step(2 * 4 * c.OutDim * c.BatchSize) // two crops
	if n, m := whole.crops.Dispatches(), parts.crops.Dispatches(); m <= n {
		t.Errorf("%d dispatches in chunks, %d at once: nothing was cut", m, n)
	}
	if math.Abs(a-b) > 1e-6*a {
		t.Errorf("losses %g and %g", a, b)
	}
	for _, p := range whole.Layout.List {
		if p.Name == settings.BackbonePrefix+"blocks.0.attn.qkv.bias" || p.Name == settings.BackbonePrefix+"blocks.1.attn.qkv.bias" {
			continue // the keys' true gradient is zero: only rounding is there
		}
		x, y := readTensor(t, whole.device, whole.gradients.Tensor(p.Name)), readTensor(t, parts.device, parts.gradients.Tensor(p.Name))
		if e := gpu.NMSE(x, y); e > 1e-9 {
			t.Errorf("gradient of %s differs by %.2g", p.Name, e)
		}
	}
}

// 65,536 prototypes for ten crops of 60 images, 150 MiB of logits, fit what any device binds.
func TestLogitsFitABinding(t *testing.T) {
	c := settings.DefaultConfig()
	c.Arch, c.BatchSize, c.DropPathRate = "vit_tiny", 60, 0
	tr, err := Record(c, gpu.GPUTarget, 10, Options{Crops: settings.CropsTogether})
	if err != nil {
		t.Fatal(err)
	}
	p, err := tr.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if p.LargestBinding > 128<<20 {
		t.Errorf("the largest binding is %d MiB", p.LargestBinding>>20)
	}
}
