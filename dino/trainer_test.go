package dino

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// tinyConfig is a model that steps in milliseconds, on images that do not fit its patches.
func tinyConfig() settings.Config {
	c := settings.DefaultConfig()
	c.Dim, c.Depth, c.Heads, c.PatchSize = 24, 2, 2, 7
	c.GlobalCropsSize, c.LocalCropsSize, c.LocalCropsNumber = 29, 15, 3
	c.HeadHidden, c.HeadBottleneck, c.OutDim = 40, 12, 50
	c.BatchSize, c.Epochs, c.WarmupEpochs, c.DropPathRate = 3, 2, 0, 0
	c.FreezeLastLayer, c.NormLastLayer = 0, false
	c.LR, c.Seed = 0.1, 7
	return c
}

// tinyLoader cuts the demo's images for c.
func tinyLoader(t *testing.T, c settings.Config, workers int) *augment.Loader {
	t.Helper()
	train, _, err := augment.Demo()
	if err != nil {
		t.Fatal(err)
	}
	l, err := augment.NewLoader(augment.Slice(train, 0, 30), augment.LoaderConfig{
		Recipe:    augment.Light(c.GlobalCropsSize, [2]float64{0.4, 1}, c.LocalCropsNumber, c.LocalCropsSize, [2]float64{0.1, 0.4}),
		BatchSize: c.BatchSize, Accumulate: c.Accumulate, Seed: c.Seed, Workers: workers, Queue: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// runTiny trains a few steps and gives the trainer and its losses.
func runTiny(t *testing.T, c settings.Config, crops settings.Crops, workers, steps int) (*Trainer, []float64) {
	t.Helper()
	d := openDevice(t)
	l := tinyLoader(t, c, workers)
	tr, err := Record(c, gpu.SoftwareTarget, l.StepsPerEpoch(), Options{Crops: crops})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Release)
	if err := tr.Build(d); err != nil {
		t.Fatal(err)
	}
	var losses []float64
	for range steps {
		var batches []*augment.Batch
		for range c.Accumulate {
			b, err := l.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			batches = append(batches, b)
		}
		m, err := tr.Step(batches...)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, m.Loss)
	}
	return tr, losses
}

// weightsOf reads an arena.
func weightsOf(t *testing.T, tr *Trainer, parts []gpu.Tensor) []float32 {
	t.Helper()
	var all []float32
	for _, p := range parts {
		all = append(all, readTensor(t, tr.device, p)...)
	}
	return all
}

// Same seed, same device: same bytes, whatever the number of workers.
func TestTwoRunsGiveTheSameBytes(t *testing.T) {
	a, _ := runTiny(t, tinyConfig(), "together", 1, 4)
	b, _ := runTiny(t, tinyConfig(), "together", 4, 4)
	for name, pair := range map[string][2][]gpu.Tensor{
		"student": {a.Student.Parts, b.Student.Parts}, "teacher": {a.Teacher.Parts, b.Teacher.Parts},
		"moments": {a.moments[1].Parts, b.moments[1].Parts}, "center": {{lossOf(a).Center}, {lossOf(b).Center}},
	} {
		x, y := weightsOf(t, a, pair[0]), weightsOf(t, b, pair[1])
		for i := range x {
			if math.Float32bits(x[i]) != math.Float32bits(y[i]) {
				t.Errorf("%s differ at %d: %g and %g", name, i, x[i], y[i])
				break
			}
		}
	}
}

// sameStep compares a step's loss, gradients and center of two trainers, to rounding.
func sameStep(t *testing.T, a, b *Trainer, la, lb float64) {
	t.Helper()
	if math.Abs(la-lb) > 1e-5*la {
		t.Errorf("losses %g and %g", la, lb)
	}
	for _, p := range a.Layout.List {
		x, y := readTensor(t, a.device, a.gradients.Tensor(p.Name)), readTensor(t, b.device, b.gradients.Tensor(p.Name))
		if strings.HasSuffix(p.Name, "qkv.bias") {
			copy(x[len(x)/3:2*len(x)/3], y[len(x)/3:2*len(x)/3]) // the keys' true gradient is zero: only rounding is there
		}
		if e := gpu.NMSE(x, y); e > 1e-9 {
			t.Errorf("gradient of %s differs by %.2g", p.Name, e)
		}
	}
	if e := gpu.NMSE(readTensor(t, a.device, lossOf(a).Center), readTensor(t, b.device, lossOf(b).Center)); e > 1e-9 {
		t.Errorf("the center differs by %.2g", e)
	}
}

// Crops of one size together or apart give the same gradients, to rounding.
func TestCropsTogetherAndApart(t *testing.T) {
	a, la := runTiny(t, tinyConfig(), "together", 1, 1)
	b, lb := runTiny(t, tinyConfig(), "apart", 1, 1)
	sameStep(t, a, b, la[0], lb[0])
}

// Every kernel of the step's programs beside its twin, on a whole step of a tiny model, in all ways to record it
// and with each optimizer, with drop path and without.
func TestProgramsAgainstTwins(t *testing.T) {
	d := openDevice(t)
	for name, target := range everyTarget {
		for optimizer, crops := range map[settings.Optimizer]settings.Crops{"adamw": settings.CropsTogether, "sgd": settings.CropsBySize, "lars": settings.CropsApart} {
			t.Run(name+"/"+string(crops)+"/"+string(optimizer), func(t *testing.T) {
				c := tinyConfig()
				if optimizer != "sgd" {
					c = droppedConfig()
				}
				c.Optimizer, c.HeadWarmupEpochs = optimizer, 1
				l := tinyLoader(t, c, 1)
				tr, err := Record(c, target, l.StepsPerEpoch(), Options{Crops: crops})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(tr.Release)
				if err := tr.Build(d); err != nil {
					t.Fatal(err)
				}
				b, err := l.Next(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if err := tr.uploadBatch(b); err != nil {
					t.Fatal(err)
				}
				if err := d.Write(tr.shared.Scalars, tr.scalars(tr.Schedules.At(13)).Values()); err != nil {
					t.Fatal(err)
				}
				for _, p := range tr.all() {
					if err := p.Check(); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

// A state holds everything, under the roles' names, and the teacher's backbone stands under the released ones.
func TestState(t *testing.T) {
	tr, _ := runTiny(t, tinyConfig(), "together", 1, 2)
	tensors, err := tr.State()
	if err != nil {
		t.Fatal(err)
	}
	if tr.Steps() != 2 || len(tensors) != 4*len(tr.Layout.List)+1 {
		t.Errorf("%d tensors after %d steps", len(tensors), tr.Steps())
	}
	for i, want := range tr.StateLayout() {
		if tensors[i].Name != want.Name || !slices.Equal(tensors[i].Shape, want.Shape) {
			t.Errorf("tensor %d is %s %v, the layout says %s %v", i, tensors[i].Name, tensors[i].Shape, want.Name, want.Shape)
		}
		if name, ok := strings.CutPrefix(want.Name, "moment2."); ok && !reflect.DeepEqual(tensors[i].Values, readTensor(t, tr.device, tr.moments[1].Tensor(name))) {
			t.Errorf("%s came back changed", want.Name)
		}
	}
	teacher, err := tr.TeacherBackbone()
	if err != nil {
		t.Fatal(err)
	}
	if want := 4 + 12*tr.Config.Depth + 2; len(teacher) != want {
		t.Errorf("the teacher's backbone has %d tensors, want %d", len(teacher), want)
	}
	for _, x := range teacher {
		if !reflect.DeepEqual(x.Values, readTensor(t, tr.device, tr.Teacher.Tensor(settings.BackbonePrefix+x.Name))) {
			t.Errorf("%s came back changed", x.Name)
		}
	}
}

// SGD and LARS keep one moment, in memory as in the checkpoint, and go on bit for bit, drop path included.
func TestOneMomentIsEnough(t *testing.T) {
	for _, optimizer := range []settings.Optimizer{settings.SGD, settings.LARS} {
		t.Run(string(optimizer), func(t *testing.T) {
			c := droppedConfig()
			c.Optimizer = optimizer
			whole, _ := runTiny(t, c, "together", 1, 3)
			plan, err := whole.Plan()
			if err != nil {
				t.Fatal(err)
			}
			if plan.Bytes.Moments != plan.Bytes.Weights {
				t.Errorf("%d bytes of moments for %d bytes of weights", plan.Bytes.Moments, plan.Bytes.Weights)
			}
			part, _ := runTiny(t, c, "together", 1, 2)
			tensors, err := part.State()
			if err != nil || len(tensors) != 3*len(part.Layout.List)+1 {
				t.Fatalf("%d tensors, %v", len(tensors), err)
			}
			on, _ := runTiny(t, c, "together", 1, 0)
			if err := on.Restore(2, tensors); err != nil {
				t.Fatal(err)
			}
			if _, err := on.Step(batchesFrom(t, c, 2)()); err != nil {
				t.Fatal(err)
			}
			if !sameBits(state(t, whole), state(t, on)) {
				t.Error("a run that went on differs from one that never stopped")
			}
		})
	}
}

// What is planned is what is taken.
func TestMemoryIsPlanned(t *testing.T) {
	d := openDevice(t)
	before := d.Allocated()
	tr, _ := runTiny(t, tinyConfig(), "together", 1, 1)
	planned, err := tr.Memory()
	if err != nil {
		t.Fatal(err)
	}
	taken := d.Allocated() - before
	if taken < planned || taken > planned+planned/4+64<<10*len(tr.Programs()) {
		t.Errorf("%d bytes were planned and %d taken", planned, taken)
	}
}

// Accumulation: 1 x 4 images and 4 x 1 give the same step, to rounding.
func TestAccumulation(t *testing.T) {
	whole, parts := tinyConfig(), tinyConfig()
	whole.BatchSize, whole.Accumulate = 4, 1
	parts.BatchSize, parts.Accumulate = 1, 4
	a, la := runTiny(t, whole, "together", 1, 1)
	b, lb := runTiny(t, parts, "together", 1, 1)
	sameStep(t, a, b, la[0], lb[0])
}
