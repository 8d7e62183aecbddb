package dino

import (
	"math"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// Tolerances beside PyTorch (float32 on a CPU, testdata/golden/make.py). Gradients pass through many more sums than
// what leads to them.
const (
	goldenForward  = 1e-4 // features, logits, losses: of the largest entry
	goldenGradient = 1e-3 // of the tensor's largest entry
	goldenAdam     = 1e-2 // of the distance that a weight tensor moved
	goldenMomentum = 1e-5 // weights after SGD and LARS: of the tensor's largest entry
)

// The first step's features, logits, loss, every gradient by name and center, and the losses of eight steps, with
// and without norm_last_layer, crops together and apart, for both kinds of adapter.
func TestStepsAgainstPyTorch(t *testing.T) {
	d := openDevice(t)
	for file, ways := range map[string][]settings.Crops{
		"steps_adamw":           {settings.CropsTogether, settings.CropsBySize, settings.CropsApart},
		"steps_adamw_norm_last": {settings.CropsTogether, settings.CropsBySize, settings.CropsApart},
		"steps_sgd":             {settings.CropsTogether},
		"steps_lars":            {settings.CropsTogether},
	} {
		for name, target := range targets {
			for _, crops := range ways {
				t.Run(file+"/"+name+"/"+string(crops), func(t *testing.T) {
					g, later := readGolden(t, file), readGolden(t, "steps_inputs")
					tr := g.trainer(d, target, crops)
					losses := g.Float64s("log.loss")
					for step := range losses {
						inputs := later
						if step == 0 {
							inputs = g
						}
						tr.upload = func(*augment.Batch) error { return inputs.fillCrops(d, tr, step) }
						m, err := tr.Step(nil)
						if err != nil {
							t.Fatal(err)
						}
						for what, pair := range map[string][2]float64{
							"loss":    {m.Loss, losses[step]},
							"entropy": {m.Entropy, g.Float64s("log.entropy")[step]},
							"kl":      {m.KL, g.Float64s("log.kl")[step]},
						} {
							if !(math.Abs(pair[0]-pair[1]) <= goldenForward*math.Abs(losses[step])) {
								t.Errorf("step %d: %s is %g, want %g", step, what, pair[0], pair[1])
							}
						}
						if step == 0 {
							g.checkFirstStep(d, tr)
						}
					}
					g.checkWeights(d, tr, "after8.")
				})
			}
		}
	}
}

// checkFirstStep holds the gradients, center and weights of the first step beside PyTorch's.
func (g *goldenFile) checkFirstStep(d *gpu.Device, tr *Trainer) {
	g.t.Helper()
	for _, p := range tr.Layout.List {
		got := readTensor(g.t, d, tr.gradients.Tensor(p.Name))
		if !g.Has("step0.grad." + p.Name) {
			if !tr.Config.NormLastLayer || !strings.HasSuffix(p.Name, "weight_g") {
				g.t.Errorf("%s has no gradient to compare", p.Name)
			}
			for _, v := range got {
				if v != 0 {
					g.t.Errorf("%s has a gradient, it is frozen", p.Name)
					break
				}
			}
			continue
		}
		g.near("gradient of "+p.Name, got, g.Float32s("step0.grad."+p.Name), goldenGradient)
	}
	g.near("center", readTensor(g.t, d, lossOf(tr).Center), g.Float32s("step0.center.after"), goldenForward)
	g.checkWeights(d, tr, "after1.")
}

// checkWeights holds student, teacher and center beside PyTorch's; after AdamW each tensor by how far it moved. There
// the key third of qkv.bias is left out: its true gradient is zero, and Adam makes full steps of rounding noise.
func (g *goldenFile) checkWeights(d *gpu.Device, tr *Trainer, tag string) {
	g.t.Helper()
	for _, net := range []struct {
		name  string
		arena interface{ Tensor(string) gpu.Tensor }
	}{{"student", tr.Student}, {"teacher", tr.Teacher}} {
		for _, p := range tr.Layout.List {
			got := readTensor(g.t, d, net.arena.Tensor(p.Name))
			want, start := g.Float32s(tag+net.name+"."+p.Name), g.Float32s(net.name+".init."+p.Name)
			if tr.Config.Optimizer != "adamw" {
				g.near(tag+net.name+"."+p.Name, got, want, goldenMomentum)
				continue
			}
			var off, moved float64
			for i := range want {
				if strings.HasSuffix(p.Name, "qkv.bias") && i/(len(want)/3) == 1 {
					continue
				}
				off += sq(got[i] - want[i])
				moved += sq(want[i] - start[i])
			}
			if !(math.Sqrt(off) <= goldenAdam*math.Sqrt(moved)+1e-7*float64(len(want))) {
				g.t.Errorf("%s%s.%s is off by %.2g of the distance it moved", tag, net.name, p.Name, math.Sqrt(off/moved))
			}
		}
	}
	g.near(tag+"center", readTensor(g.t, d, lossOf(tr).Center), g.Float32s(tag+"center"), 1e-3)
}

func sq(x float32) float64 { return float64(x) * float64(x) }

// The features and logits that the first step's networks make, beside those of testdata/golden/make.py.
func TestFeaturesAgainstPyTorch(t *testing.T) {
	d := openDevice(t)
	for name, target := range targets {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, "steps_adamw")
			tr := g.trainer(d, target, "together")
			if err := g.fillCrops(d, tr, 0); err != nil {
				t.Fatal(err)
			}
			g.checkForward(d, tr, target)
			g.checkHead(d, tr, target)
		})
	}
}
