package dino

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// warmedConfig trains the head alone for its first two steps.
func warmedConfig(optimizer settings.Optimizer) settings.Config {
	c := droppedConfig()
	c.Optimizer, c.BatchSize, c.Accumulate, c.HeadWarmupEpochs = optimizer, 5, 3, 1
	c.MomentumTeacher = 0.5 // so that the teacher's steps are not lost to rounding
	return c
}

// stepsOf does steps from number n on.
func stepsOf(t *testing.T, tr *Trainer, n, steps int) {
	t.Helper()
	l := tinyLoader(t, tr.Config, 1)
	if err := l.Seek(n * tr.Config.Accumulate); err != nil {
		t.Fatal(err)
	}
	for range steps {
		var batches []*augment.Batch
		for range tr.Config.Accumulate {
			b, err := l.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			batches = append(batches, b)
		}
		if _, err := tr.Step(batches...); err != nil {
			t.Fatal(err)
		}
	}
}

// drawnBy are the weights that another seed draws for a trainer.
func drawnBy(t *testing.T, tr *Trainer, seed uint64) []layers.HostTensor {
	t.Helper()
	c := tr.Config
	c.Seed = seed
	a, err := FreshWeights(tr.device, c)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	tensors, err := a.Read(tr.device)
	if err != nil {
		t.Fatal(err)
	}
	return tensors
}

// tensorsOf reads a state by its names.
func tensorsOf(t *testing.T, tr *Trainer) (all []layers.HostTensor, named map[string][]float32) {
	t.Helper()
	all, err := tr.State()
	if err != nil {
		t.Fatal(err)
	}
	named = map[string][]float32{}
	for _, x := range all {
		named[x.Name] = x.Values
	}
	return all, named
}

// While the head warms up no byte of either backbone or its moments changes, though student and teacher differ, and the
// head learns; then the backbone does. A run that went on from within the warm-up, or trained with the program of the whole
// step and its mask alone, has the same bytes.
func TestHeadWarmup(t *testing.T) {
	for optimizer, crops := range map[settings.Optimizer]settings.Crops{"adamw": settings.CropsApart, "sgd": settings.CropsTogether, "lars": settings.CropsBySize} {
		t.Run(string(optimizer), func(t *testing.T) {
			c := warmedConfig(optimizer)
			begin := func() *Trainer {
				tr, _ := runTiny(t, c, crops, 1, 0)
				if err := tr.Begin(Initial{Teacher: drawnBy(t, tr, 99)}); err != nil {
					t.Fatal(err)
				}
				return tr
			}
			tr := begin()
			if tr.Schedules.headOnly != 2 {
				t.Fatalf("%d steps of warm-up, want 2", tr.Schedules.headOnly)
			}
			_, before := tensorsOf(t, tr)
			stepsOf(t, tr, 0, 1)
			one, _ := tensorsOf(t, tr)
			stepsOf(t, tr, 1, 1)
			if tr.headCrops == nil {
				t.Error("the warm-up has no program of its own")
			}
			_, warm := tensorsOf(t, tr)
			stepsOf(t, tr, 2, 1)
			if tr.headCrops != nil {
				t.Error("the warm-up's program is still there")
			}
			all, after := tensorsOf(t, tr)
			for name := range before {
				still := strings.Contains(name, ".backbone.")
				if same := reflect.DeepEqual(before[name], warm[name]); same != still {
					t.Errorf("%s: the same after the warm-up: %v", name, same)
				}
				if reflect.DeepEqual(warm[name], after[name]) {
					t.Errorf("%s has not moved after the warm-up", name)
				}
			}

			on, _ := runTiny(t, c, crops, 1, 0)
			if err := on.Restore(1, one); err != nil {
				t.Fatal(err)
			}
			stepsOf(t, on, 1, 2)
			masked := begin()
			masked.headCrops.Release()
			masked.headCrops = nil
			stepsOf(t, masked, 0, 3)
			for what, other := range map[string]*Trainer{"went on": on, "was masked": masked} {
				if got, _ := tensorsOf(t, other); !reflect.DeepEqual(got, all) {
					t.Errorf("a run that %s differs", what)
				}
			}
		})
	}
}

// The warm-up's own program makes no gradient of the backbone, and takes less memory and work.
func TestHeadWarmupIsCheaper(t *testing.T) {
	tr, err := Record(warmedConfig("adamw"), gpu.GPUTarget, 2, Options{})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := tr.crops.Plan()
	if err != nil {
		t.Fatal(err)
	}
	head, err := tr.headCrops.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if head.Scratch >= whole.Scratch || 3*tr.headCrops.Flops() >= 2*tr.crops.Flops() {
		t.Errorf("%d bytes and %d FLOPs beside %d and %d", head.Scratch, tr.headCrops.Flops(), whole.Scratch, tr.crops.Flops())
	}
	tr.headCrops.Each(func(k gpu.Kernel, args []gpu.Tensor) {
		for _, x := range args {
			if strings.HasPrefix(x.Name, "gradients.backbone.") {
				t.Errorf("%s binds %s", k.Name, x.Name)
			}
		}
	})
}

// Weights and center that a trainer is given are there to the bit, and what it is not given is as drawn.
func TestBegin(t *testing.T) {
	tr, _ := runTiny(t, tinyConfig(), settings.CropsTogether, 1, 0)
	_, drawn := tensorsOf(t, tr)
	student, teacher, center := drawnBy(t, tr, 50), drawnBy(t, tr, 51), make([]float32, tr.Config.OutDim)
	center[3] = 0.25
	if err := tr.Begin(Initial{Student: student[2:5], Teacher: teacher[4:6], Center: center}); err != nil {
		t.Fatal(err)
	}
	_, got := tensorsOf(t, tr)
	want := drawn
	for _, x := range student[2:5] {
		want["student."+x.Name] = x.Values
	}
	for _, x := range teacher[4:6] {
		want["teacher."+x.Name] = x.Values
	}
	want["center"] = center
	for name := range want {
		if !reflect.DeepEqual(got[name], want[name]) {
			t.Errorf("%s is not what was given", name)
		}
	}
	if err := tr.Begin(Initial{Student: []layers.HostTensor{{Name: "head.other", Shape: []int{2}}}}); err == nil || !strings.Contains(err.Error(), "head.other [2] does not belong") {
		t.Errorf("a tensor of another model: %v", err)
	}
}
