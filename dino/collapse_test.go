package dino

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// feed gives a monitor steps of the same metrics and collects what it says.
func feed(m *CollapseMonitor, step *int, steps int, entropy, kl float64) (said []string) {
	for range steps {
		*step++
		if s := m.Observe(StepMetrics{Step: *step, Entropy: entropy, KL: kl}); s != "" {
			said = append(said, s)
		}
	}
	return said
}

func TestCollapseMonitor(t *testing.T) {
	lnK := math.Log(1024)
	c := settings.DefaultConfig()
	c.OutDim, c.WarmupEpochs, c.FreezeLastLayer, c.WarmupTeacherTempEpochs = 1024, 2, 3, 1
	m, step := NewCollapseMonitor(c, 10), 0
	quiet := func(what string, said []string) {
		t.Helper()
		if len(said) > 0 {
			t.Errorf("%s, step %d: %q", what, step, said)
		}
	}
	once := func(said []string, want ...string) {
		t.Helper()
		if len(said) != 1 {
			t.Fatalf("step %d: said %q", step, said)
		}
		for _, w := range want {
			if !strings.Contains(said[0], w) {
				t.Errorf("%q does not hold %q", said[0], w)
			}
		}
	}
	quiet("in the freeze", feed(m, &step, 30, lnK, 0))
	quiet("before a window is full", feed(m, &step, 99, lnK, 0))
	once(feed(m, &step, 1, lnK, 0), "step 130", "uniform targets", "entropy is 6.931 (ln K is 6.931)", "KL 0.000", "`teacher_temp` 0.02", "`lr` 0.00025", "`freeze_last_layer` 4")
	quiet("said already", feed(m, &step, 500, lnK, 0.01))
	if got := m.Collapsed(); !strings.HasPrefix(got, "step 130: collapse to uniform targets") {
		t.Errorf("in a collapse for 500 steps: %q", got)
	}
	once(feed(m, &step, 100, 5, 0.8), "the collapse is over")
	if got := m.Collapsed(); got != "" {
		t.Errorf("after a collapse: %q", got)
	}
	quiet("healthy: the teacher is soft, but the student is not there yet", feed(m, &step, 200, lnK-0.1, 0.4))
	quiet("healthy: the student agrees on what is neither", feed(m, &step, 200, 3, 0.05))
	once(feed(m, &step, 200, 0.05, 0.02), "collapse to one prototype", "`lr` 0.00025")
	said := feed(m, &step, 200, lnK, 0) // into the other kind, by way of what is neither
	if len(said) != 2 || !strings.Contains(said[0], "the collapse is over") || !strings.Contains(said[1], "collapse to uniform targets") {
		t.Errorf("over into the other kind: said %q", said)
	}
	once(feed(m, &step, 200, 5, 0.8), "the collapse is over")
	once(feed(m, &step, 200, 0.999*lnK, 0.026*lnK), "collapse to uniform targets") // the student never gets near
	once(feed(m, &step, 200, 5, 0.8), "the collapse is over")
	once(feed(m, &step, 200, 0.05, 0.02), "collapse to one prototype") // a second time, after it had recovered
	quiet("not numbers", feed(NewCollapseMonitor(c, 0), new(int), 300, math.NaN(), math.NaN()))
}

// A window's mean that wavers about the border speaks once.
func TestCollapseMonitorDoesNotFlicker(t *testing.T) {
	c := settings.DefaultConfig()
	c.WarmupEpochs, c.FreezeLastLayer = 0, 0
	m, step, said := NewCollapseMonitor(c, 100), 0, 0
	lnK := math.Log(65536)
	for i := range 20 {
		kl := lnK * (collapseNear + 0.002*float64(i%2*2-1))
		said += len(feed(m, &step, 100, lnK, kl))
	}
	if said != 1 {
		t.Errorf("said %d times", said)
	}
}

// The flags that it names are those that its settings have wrong.
func TestCollapseNamesWhatToChange(t *testing.T) {
	c := settings.DefaultConfig()
	c.TeacherTemp, c.StudentTemp, c.CenterMomentum, c.MomentumTeacher, c.NormLastLayer = 0.09, 0.05, 0.999, 0.9, false
	m := NewCollapseMonitor(c, 1)
	if got, want := strings.Join(m.sharpen(), " "), "`student_temp` 0.1 `teacher_temp` 0.04 `warmup_teacher_temp` 0.04 `momentum_teacher` 0.996 `norm_last_layer` `lr` 0.00025 `freeze_last_layer` 2"; got != want {
		t.Errorf("uniform: %s", got)
	}
	if got, want := strings.Join(m.recenter(), " "), "`center_momentum` 0.9 `momentum_teacher` 0.996 `norm_last_layer` `lr` 0.00025 `freeze_last_layer` 2"; got != want {
		t.Errorf("one prototype: %s", got)
	}
	c = settings.DefaultConfig()
	c.TeacherTemp = 0.02
	m = NewCollapseMonitor(c, 1)
	if got, want := strings.Join(m.recenter(), " "), "`teacher_temp` 0.04 `warmup_teacher_temp` 0.04 `lr` 0.00025 `freeze_last_layer` 2"; got != want {
		t.Errorf("sharp: %s", got)
	}
}

// Real runs of a tiny model, made to collapse as the paper's figure 7 does:
// without sharpening to uniform targets, without a center to one prototype.
func TestRealRunsCollapse(t *testing.T) {
	base := tinyConfig()
	base.Dim, base.Depth, base.Heads, base.LocalCropsNumber = 16, 1, 1, 0
	base.GlobalCropsSize, base.PatchSize, base.HeadHidden, base.OutDim, base.BatchSize = 14, 7, 16, 16, 2
	base.Epochs, base.LR, base.MomentumTeacher, base.NormLastLayer = 40, 0.64, 0.9, true
	for name, c := range map[string]struct {
		set func(c *settings.Config)
		say string
	}{
		"no sharpening": {func(c *settings.Config) { c.TeacherTemp = 1 }, "collapse to uniform targets"},
		"no center":     {func(c *settings.Config) { c.CenterMomentum = 1 }, "collapse to one prototype"},
		"healthy":       {func(c *settings.Config) { c.LR, c.MomentumTeacher = 0.1, 0.99 }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			config := base
			c.set(&config)
			config.WarmupTeacherTemp = config.TeacherTemp
			said := watchTiny(t, config, 115)
			if !strings.Contains(said, c.say) || (said == "") != (c.say == "") || strings.Contains(said, "is over") {
				t.Errorf("said %q, want %q", said, c.say)
			}
		})
	}
}

// watchTiny trains under a monitor's eyes, and gives what it said.
func watchTiny(t *testing.T, c settings.Config, steps int) string {
	t.Helper()
	l := tinyLoader(t, c, 1)
	tr, err := Record(c, gpu.SoftwareTarget, l.StepsPerEpoch(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Release)
	if err := tr.Build(openDevice(t)); err != nil {
		t.Fatal(err)
	}
	monitor, said := NewCollapseMonitor(c, l.StepsPerEpoch()), ""
	for range steps {
		b, err := l.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		m, err := tr.Step(b)
		if err != nil {
			t.Fatal(err)
		}
		said += monitor.Observe(m)
	}
	return said
}
