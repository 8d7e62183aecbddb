package dino

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// droppedConfig is a tiny model of three blocks that drop branches with probability 0, 0.25 and 0.5.
func droppedConfig() settings.Config {
	c := tinyConfig()
	c.Depth, c.DropPathRate = 3, 0.5
	return c
}

func TestDropRates(t *testing.T) {
	if got, want := dropRates(0.75, 4), []float64{0, 0.25, 0.5, 0.75}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := dropRates(0.3, 1); !reflect.DeepEqual(got, []float64{0}) {
		t.Errorf("one block: %v, want no drop", got)
	}
}

// The streams keep as often as they should, scale so that the mean is 1, and no draw follows another.
func TestDropPathDraws(t *testing.T) {
	d := dropPath{rates: dropRates(0.3, 3)}
	const n = 40000
	var kept [3][2]float64
	var both float64
	for i := range n {
		scales := d.draw(5, i%7, i, i%10)
		for block, pair := range scales {
			for branch, s := range pair {
				if want := float32(1 / (1 - d.rates[block])); s != 0 && s != want {
					t.Fatalf("block %d: scale %g, want 0 or %g", block, s, want)
				}
				if s != 0 {
					kept[block][branch] += 1.0 / n
				}
			}
		}
		if scales[2][0] != 0 && scales[2][1] != 0 {
			both += 1.0 / n
		}
	}
	for block, pair := range kept {
		for branch, got := range pair {
			// standard error 0.0023
			if want := 1 - d.rates[block]; math.Abs(got-want) > 0.01 || block == 0 && got < 1-1e-9 {
				t.Errorf("block %d branch %d is kept %.4f of the time, want %.4f", block, branch, got, want)
			}
		}
	}
	if math.Abs(both-0.49) > 0.01 {
		t.Errorf("both branches are kept %.4f of the time, want 0.49", both)
	}
	// each part of the key matters, and nothing else does
	at := func(seed uint64, epoch, image, v int) string {
		return fmt.Sprint(dropPath{rates: dropRates(0.5, 40)}.draw(seed, epoch, image, v))
	}
	same := at(1, 2, 3, 4)
	for _, other := range []string{at(2, 2, 3, 4), at(1, 3, 3, 4), at(1, 2, 4, 4), at(1, 2, 3, 5)} {
		if other == same {
			t.Error("two keys draw alike")
		}
	}
	if at(1, 2, 3, 4) != same {
		t.Error("a key draws differently the second time")
	}
}

// Pinned: stored runs go on from these draws.
func TestDropPathPinned(t *testing.T) {
	got := ""
	for _, pair := range (dropPath{rates: dropRates(0.5, 13)}).draw(1, 2, 3, 4) {
		for _, s := range pair {
			got += map[bool]string{true: "1", false: "0"}[s != 0]
		}
	}
	if want := "11111111101010000111111010"; got != want {
		t.Errorf("the stream of (1, 2, 3, 4) keeps %s, want %s", got, want)
	}
}

// Each pass's scales lie where its network looks for them: crop after crop, a number per image.
func TestDropPathUpload(t *testing.T) {
	for _, crops := range []settings.Crops{settings.CropsTogether, settings.CropsBySize, settings.CropsApart} {
		c := droppedConfig()
		tr, _ := runTiny(t, c, crops, 1, 0)
		b := &augment.Batch{Epoch: 1, Images: []int{20, 3, 11}}
		if err := tr.uploadDropPath(b); err != nil {
			t.Fatal(err)
		}
		for pass, x := range tr.passes {
			for block, pair := range tr.drop.of(pass) {
				for branch, place := range pair {
					if block == 0 {
						if !place.IsZero() {
							t.Error("the first block has scales")
						}
						continue
					}
					got := readTensor(t, tr.device, place)
					for i, v := range got {
						want := tr.drop.draw(c.Seed, 1, b.Images[i%3], x.first()+i/3)[block][branch]
						if v != want || len(got) != x.rows() {
							t.Errorf("%s, block %d, branch %d, row %d: %g, want %g", crops, block, branch, i, v, want)
						}
					}
				}
			}
		}
	}
	tr, _ := runTiny(t, droppedConfig(), "together", 1, 0)
	if err := tr.uploadDropPath(&augment.Batch{}); err == nil {
		t.Error("a batch that does not say which images it holds was taken")
	}
}

// Without drop path nothing is recorded for it.
func TestNoDropPathCostsNothing(t *testing.T) {
	count := func(rate float64) (dispatches, kept int) {
		c := droppedConfig()
		c.DropPathRate = rate
		tr, err := Record(c, gpu.SoftwareTarget, 10, Options{Crops: settings.CropsTogether})
		if err != nil {
			t.Fatal(err)
		}
		m, err := tr.crops.Plan()
		if err != nil {
			t.Fatal(err)
		}
		return tr.crops.Dispatches(), m.Kept["droppath"]
	}
	without, none := count(0)
	with, some := count(0.5)
	// two blocks of two branches: the gradient that enters each
	if with != without+4 || none != 0 || some == 0 {
		t.Errorf("%d and %d dispatches, %d and %d bytes of scales without and with drop path", without, with, none, some)
	}
}

// Drop path does not depend on how crops are grouped or batches accumulated.
func TestDropPathIsTheSameHoweverItIsRun(t *testing.T) {
	c := droppedConfig()
	a, la := runTiny(t, c, "together", 1, 1)
	for _, crops := range []settings.Crops{settings.CropsBySize, settings.CropsApart} {
		b, lb := runTiny(t, c, crops, 3, 1)
		sameStep(t, a, b, la[0], lb[0])
	}
	whole, parts := c, c
	whole.BatchSize, whole.Accumulate = 4, 1
	parts.BatchSize, parts.Accumulate = 1, 4
	a, la = runTiny(t, whole, "together", 1, 1)
	b, lb := runTiny(t, parts, "together", 1, 1)
	sameStep(t, a, b, la[0], lb[0])
	c.DropPathRate = 0
	if _, without := runTiny(t, c, "together", 1, 1); math.Abs(without[0]-la[0]) < 1e-6 {
		t.Errorf("the loss is %g with and without drop path", without[0])
	}
}

// Gradients of a dropped network beside the finite differences of its loss, the masks being fixed: each tensor along
// its own gradient, where the slope of the loss is the gradient's length.
func TestDropPathDifferences(t *testing.T) {
	d := openDevice(t)
	c := droppedConfig()
	tr, _ := runTiny(t, c, "together", 1, 1)
	b, err := tinyLoader(t, c, 1).Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	lossNow := func() float64 {
		t.Helper()
		for _, err := range []error{tr.uploadBatch(b), tr.begin.Run(), tr.crops.Run()} {
			if err != nil {
				t.Fatal(err)
			}
		}
		var sum float64
		for _, v := range readTensor(t, d, lossOf(tr).Values) {
			sum += float64(v)
		}
		return sum
	}
	lossNow()
	gradients := map[string][]float32{}
	names := []string{
		"backbone.cls_token", "backbone.patch_embed.proj.weight", "backbone.blocks.0.attn.proj.bias",
		"backbone.blocks.1.norm1.weight", "backbone.blocks.1.attn.qkv.weight", "backbone.blocks.1.attn.proj.weight",
		"backbone.blocks.1.attn.proj.bias", "backbone.blocks.1.mlp.fc1.bias", "backbone.blocks.1.mlp.fc2.weight",
		"backbone.blocks.1.mlp.fc2.bias", "backbone.blocks.2.attn.qkv.weight", "backbone.blocks.2.attn.proj.bias",
		"backbone.blocks.2.mlp.fc2.weight", "backbone.blocks.2.mlp.fc2.bias",
	}
	for _, name := range names {
		gradients[name] = readTensor(t, d, tr.gradients.Tensor(name))
	}
	for _, name := range names {
		g := gradients[name]
		var norm float64
		for _, v := range g {
			norm += sq(v)
		}
		norm = math.Sqrt(norm)
		w := readTensor(t, d, tr.Student.Tensor(name))
		at := func(step float64) float64 {
			moved := make([]float32, len(w))
			for i := range w {
				moved[i] = float32(float64(w[i]) + step*float64(g[i])/norm)
			}
			if err := d.Write(tr.Student.Tensor(name), moved); err != nil {
				t.Fatal(err)
			}
			return lossNow()
		}
		const h = 0.01
		slope := (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
		at(0)
		// the second is what float32 leaves of the loss
		if !(math.Abs(slope-norm) <= 2e-4*norm+2e-5) {
			t.Errorf("%s: the loss has the slope %g, the gradient's length is %g", name, slope, norm)
		}
	}
}
