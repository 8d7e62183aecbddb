package dino

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// The numbers are sums of a few roundings of values below 1, so 1e-12 leaves
// room for another order of operations and none for another formula.
func near(got, want float64) bool {
	return math.Abs(got-want) <= 1e-12*math.Abs(want)
}

func TestSchedulesEqualReference(t *testing.T) {
	g := golden.Open(t, "schedules.safetensors") // made by testdata/golden/make.py
	small := settings.DefaultConfig()
	small.Epochs, small.WarmupEpochs, small.BatchSize = 10, 2, 256
	long := settings.DefaultConfig()
	long.LR, long.BatchSize = 0.001, 256

	cases := []struct {
		name string
		at   []int // nil: every step
		got  cosine
	}{
		{"lr.100x2502", g.Ints("lr.100x2502.at"), NewSchedules(long, 2502).LR},
		{"wd.10x7", nil, NewSchedules(small, 7).WeightDecay},
		{"momentum.10x7", nil, NewSchedules(small, 7).Momentum},
		{"lr.10x7.warm2", nil, NewSchedules(small, 7).LR},
	}
	for _, c := range cases {
		want := g.Float64s(c.name)
		if c.at == nil && len(want) != c.got.Total {
			t.Errorf("%s: %d values, schedule has %d", c.name, len(want), c.got.Total)
		}
		for i, w := range want {
			step := i
			if c.at != nil {
				step = c.at[i]
			}
			if got := c.got.At(step); !near(got, w) {
				t.Errorf("%s at %d: got %.17g, want %.17g", c.name, step, got, w)
			}
		}
	}
}

// Values that public logs of the vanilla run print as means of an epoch.
func TestSchedulesEqualPublicLogs(t *testing.T) {
	c := settings.DefaultConfig()
	c.BatchSize = 512
	const perEpoch = 2502
	s := NewSchedules(c, perEpoch)
	mean := func(v cosine, epoch int) float64 {
		sum := 0.0
		for i := range perEpoch {
			sum += v.At(epoch*perEpoch + i)
		}
		return sum / perEpoch
	}
	for _, check := range []struct {
		name            string
		got, want, unit float64 // unit: the last digit logged
	}{
		{"lr at 0", s.LR.At(0), 0, 0},
		{"lr at 1", s.LR.At(1), 3.99696e-8, 1e-13},
		{"lr in epoch 0", mean(s.LR, 0), 4.998201e-5, 1e-11},
		{"lr in epoch 49", mean(s.LR, 49), 5.958077e-4, 1e-10},
		{"weight decay in epoch 0", mean(s.WeightDecay, 0), 0.0400295896, 1e-10},
		{"weight decay in epoch 49", mean(s.WeightDecay, 49), 0.2171716693, 1e-10},
		{"momentum at 0", s.Momentum.At(0), 0.996, 1e-15},
		{"momentum half-way", s.Momentum.At(50 * perEpoch), 0.998, 1e-15},
	} {
		if math.Abs(check.got-check.want) > check.unit {
			t.Errorf("%s: got %.12g, want %.12g", check.name, check.got, check.want)
		}
	}
}

func TestTeacherTempByEpoch(t *testing.T) {
	c := settings.DefaultConfig()
	c.WarmupTeacherTemp, c.TeacherTemp, c.WarmupTeacherTempEpochs = 0.04, 0.07, 4
	s := NewSchedules(c, 3)
	want := []float64{0.04, 0.05, 0.06, 0.07, 0.07, 0.07}
	for epoch, w := range want {
		for i := range 3 {
			v := s.At(epoch*3 + i)
			if !near(v.TeacherTemp, w) || v.Epoch != epoch {
				t.Errorf("epoch %d: got %v in epoch %d, want %v", epoch, v.TeacherTemp, v.Epoch, w)
			}
		}
	}
	if got := (tempWarmup{Start: 0.04, End: 0.07}).At(0); got != 0.07 {
		t.Errorf("without warm-up: got %v, want 0.07 at once", got)
	}
	if got := (tempWarmup{Start: 0.04, End: 0.07, Epochs: 1}).At(0); got != 0.04 {
		t.Errorf("one epoch of warm-up: got %v, want the start, as numpy has it", got)
	}
}

func TestFreezeCountsEpochs(t *testing.T) {
	c := settings.DefaultConfig()
	c.FreezeLastLayer = 2
	s := NewSchedules(c, 5)
	for step, want := range map[int]int{0: 0, 9: 0, 10: 1, 11: 2, 499: 490} {
		if got := s.At(step).LastLayerSteps; got != want {
			t.Errorf("step %d: the last layer has taken %d steps, want %d", step, got, want)
		}
	}
}

// Whatever the lengths, values stay between the ends and none is NaN: a run
// whose warm-up fills it is legal.
func TestCosineStaysBetweenItsEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(1, 200).Draw(t, "total")
		c := cosine{
			Base:   rapid.Float64Range(0, 10).Draw(t, "base"),
			Final:  rapid.Float64Range(0, 10).Draw(t, "final"),
			Warmup: rapid.IntRange(0, total).Draw(t, "warmup"),
			Total:  total,
		}
		hi := max(c.Base, c.Final)
		for step := range total + 3 {
			if v := c.At(step); !(v >= 0 && v <= hi*(1+1e-12)) {
				t.Fatalf("%+v at %d: %v", c, step, v)
			}
		}
	})
}
