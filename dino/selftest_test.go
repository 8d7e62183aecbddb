package dino

import (
	"context"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// All kernels and shapes of a deep model are tested on a shallow one, once each, and pass; auto crops stay as decided.
func TestSelfTestHasEveryKernelOfATrainer(t *testing.T) {
	d := openDevice(t)
	c := tinyConfig()
	c.Depth = 4
	for name, target := range targets {
		for optimizer, crops := range map[settings.Optimizer]settings.Crops{"adamw": "auto", "sgd": settings.CropsBySize, "lars": settings.CropsApart} {
			t.Run(name+"/"+string(crops), func(t *testing.T) {
				c, depth := c, 2
				c.Optimizer = optimizer
				if optimizer == "lars" {
					c.DropPathRate, depth = 0.1, 3 // which the first block does not have
				}
				tests, err := RecordTests(c, target, crops, 0)
				if err != nil {
					t.Fatal(err)
				}
				if tests.short.Config.Size().Depth != depth || tests.Batch() != c.BatchSize {
					t.Errorf("%d blocks, batch %d", tests.short.Config.Size().Depth, tests.Batch())
				}
				whole, err := Record(c, target, 1, Options{Crops: crops})
				if err != nil {
					t.Fatal(err)
				}
				before := d.Allocated()
				s := &gpu.SelfTest{}
				if err := tests.SelfTest(context.Background(), d, s); err != nil {
					t.Fatal(err)
				}
				if d.Allocated() != before {
					t.Errorf("%d bytes were left on the device", d.Allocated()-before)
				}
				sources := map[string]bool{}
				for _, r := range s.Results {
					sources[r.Source] = true
					if r.Trouble != "" {
						t.Errorf("%s: %s, error %g of %g", r.Kernel, r.Trouble, r.Error, r.Tolerance)
					}
				}
				for _, p := range whole.Programs() {
					for _, k := range p.Kernels() {
						if !sources[k.Source] {
							t.Errorf("%s was not tested", k.Name)
						}
					}
				}
				if !tests.short.crops.Covers(whole.crops) {
					t.Error("some shape was not tested")
				}
			})
		}
	}
}

// A batch that passes the arithmetic is halved until it does not.
func TestSelfTestTakesASmallerBatch(t *testing.T) {
	c := tinyConfig()
	c.BatchSize = 8
	all, err := RecordTests(c, gpu.SoftwareTarget, "auto", 0)
	if err != nil {
		t.Fatal(err)
	}
	less, err := RecordTests(c, gpu.SoftwareTarget, "auto", all.short.crops.Flops()/2)
	if err != nil {
		t.Fatal(err)
	}
	if less.Batch() != 4 && less.Batch() != 2 || less.short.crops.Flops() > all.short.crops.Flops()/2 {
		t.Errorf("batch %d", less.Batch())
	}
	one, err := RecordTests(c, gpu.SoftwareTarget, "auto", 1)
	if err != nil || one.Batch() != 1 {
		t.Errorf("batch %d, %v", one.Batch(), err)
	}
	small, err := one.Memory()
	if large, _ := all.Memory(); err != nil || small <= 0 || large <= small {
		t.Errorf("%d bytes for one image, %d for eight, %v", small, large, err)
	}
}
