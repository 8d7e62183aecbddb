package dino

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// state is all that a checkpoint of tr would hold.
func state(t *testing.T, tr *Trainer) [][]float32 {
	t.Helper()
	all := [][]float32{readTensor(t, tr.device, lossOf(tr).Center)}
	for _, r := range tr.roles() {
		all = append(all, weightsOf(t, tr, r.arena.Parts))
	}
	return all
}

// sameBits tells NaN from NaN, which DeepEqual cannot.
func sameBits(a, b [][]float32) bool {
	for i := range a {
		if !reflect.DeepEqual(gpu.Bits(a[i]), gpu.Bits(b[i])) {
			return false
		}
	}
	return true
}

// batchesFrom gives the batches of a tiny run from number n on.
func batchesFrom(t *testing.T, c settings.Config, n int) func() *augment.Batch {
	t.Helper()
	l := tinyLoader(t, c, 1)
	if err := l.Seek(n); err != nil {
		t.Fatal(err)
	}
	return func() *augment.Batch {
		b, err := l.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

// A number that is not finite, wherever it comes from, stops the step, is named, and leaves all as it was; nothing of
// it is left in the trainer when the cause is gone.
func TestNotFiniteStops(t *testing.T) {
	for _, optimizer := range settings.Optimizers() {
		t.Run(string(optimizer), func(t *testing.T) {
			c := tinyConfig()
			c.Optimizer, c.LR = optimizer, 0.01
			tr, _ := runTiny(t, c, settings.CropsTogether, 1, 1)
			b := batchesFrom(t, c, 1)()
			for name, place := range map[string]gpu.Tensor{
				"the student's weight head.mlp.0.bias":          tr.Student.Tensor("head.mlp.0.bias"),
				"the teacher's weight backbone.blocks.1.norm1.": tr.Teacher.Tensor("backbone.blocks.1.norm1.weight"),
				"the gradient of head.last_layer.weight_v":      lossOf(tr).Center,
			} {
				good := readTensor(t, tr.device, place)
				bad := append([]float32(nil), good...)
				bad[3] = float32(math.NaN())
				if err := tr.device.Write(place, bad); err != nil {
					t.Fatal(err)
				}
				before := state(t, tr)
				_, err := tr.Step(b)
				if !errors.Is(err, layers.ErrNotFinite) || !strings.Contains(err.Error(), "step 2: "+name) {
					t.Errorf("%s: the step's error is %v", name, err)
				}
				if !sameBits(before, state(t, tr)) {
					t.Errorf("%s: something moved", name)
				}
				if _, err := tr.State(); !errors.Is(err, layers.ErrNotFinite) {
					t.Errorf("%s: the state's error is %v", name, err)
				}
				if err := tr.device.Write(place, good); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := tr.Step(b); err != nil {
				t.Fatal(err)
			}
			never, _ := runTiny(t, c, settings.CropsTogether, 1, 2)
			if !sameBits(state(t, tr), state(t, never)) {
				t.Error("after steps that were refused, a good one differs from that of a run without them")
			}
		})
	}
}

// A loss that is not finite holds the step back even where every gradient is.
func TestLossNotFiniteStops(t *testing.T) {
	c := tinyConfig()
	tr, _ := runTiny(t, c, settings.CropsTogether, 1, 1)
	next := batchesFrom(t, c, 1)
	before := state(t, tr)
	if err := tr.device.WriteBits(tr.shared.NonFinite, []uint32{1}); err != nil { // as loss_sums does, see its test
		t.Fatal(err)
	}
	if _, err := tr.Step(next()); !errors.Is(err, layers.ErrNotFinite) || !strings.Contains(err.Error(), "step 2: the loss is not finite") {
		t.Errorf("the error is %v", err)
	}
	if !sameBits(before, state(t, tr)) {
		t.Error("something moved")
	}
	if m, err := tr.Step(next()); err != nil || m.Step != 2 {
		t.Errorf("the next step is %d, %v", m.Step, err)
	}
}

// Steps that were submitted behind a bad one change nothing, and are not counted.
func TestNotFiniteWithStepsBehind(t *testing.T) {
	c := tinyConfig()
	c.LR = 0.01
	tr, _ := runTiny(t, c, settings.CropsTogether, 1, 1)
	place := tr.Student.Tensor("head.mlp.0.bias")
	good := readTensor(t, tr.device, place)
	bad := append([]float32(nil), good...)
	bad[0] = float32(math.Inf(1))
	if err := tr.device.Write(place, bad); err != nil {
		t.Fatal(err)
	}
	before := state(t, tr)
	next := batchesFrom(t, c, 1)
	var err error
	for n := 0; n < 5 && err == nil; n++ {
		_, err = tr.Submit(next())
	}
	if !errors.Is(err, layers.ErrNotFinite) || !strings.Contains(err.Error(), "step 2: ") || !sameBits(before, state(t, tr)) {
		t.Errorf("the error is %v", err)
	}
	if err := tr.device.Write(place, good); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Step(batchesFrom(t, c, 1)()); err != nil {
		t.Fatal(err)
	}
	never, _ := runTiny(t, c, settings.CropsTogether, 1, 2)
	if !sameBits(state(t, tr), state(t, never)) {
		t.Error("a good step after it differs from that of a run without it")
	}
}

// The host looks at the numbers too: where a device lost the flag, the step is an error all the same, and says that the
// weights moved.
func TestHostSeesWhatTheFlagMissed(t *testing.T) {
	tr, _ := runTiny(t, tinyConfig(), settings.CropsTogether, 1, 1)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		at    int // in what a step reads back: sums (4), flag, norms (tensors, 2)
		value float32
		want  string
	}{
		{0, 1, ""},
		{0, nan, "the loss is not finite"},
		{0, -inf, "the loss is not finite"},
		{1, inf, "the loss is not finite"},
		{5, inf, "the gradient of " + tr.Layout.List[0].Name},
		{7, nan, "the gradient of " + tr.Layout.List[1].Name},
	} {
		read := make([]float32, 5+2*len(tr.Layout.List))
		read[c.at] = c.value
		_, err := tr.metrics(tr.Schedules.At(0), read)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("finite numbers give %v", err)
		case c.want != "" && (!errors.Is(err, layers.ErrNotFinite) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "moved the weights")):
			t.Errorf("%g at %d: the error is %v", c.value, c.at, err)
		}
	}
}
