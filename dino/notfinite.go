package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/layers"
)

// notFinite is the error of a step that moved nothing. It names the weight that began it, or else the gradient on the
// way back where it began; gradient is empty if all are finite.
func (t *Trainer) notFinite(m StepMetrics, gradient string) error {
	what := "the loss"
	if gradient != "" {
		what = "the gradient of " + gradient
	}
	for _, net := range []struct {
		name  string
		arena *layers.Arena
	}{{"student", t.Student}, {"teacher", t.Teacher}} {
		name, err := net.arena.FirstNotFinite(t.device)
		if err != nil {
			return err
		}
		if name != "" {
			what = "the " + net.name + "'s weight " + name
			break
		}
	}
	return fmt.Errorf("step %d: %s is %w (loss %g); nothing was changed by this step: start a new run with a lower `lr`, more `warmup_epochs`, or `clip_grad` below %g",
		m.Step, what, layers.ErrNotFinite, m.Loss, max(t.Config.ClipGrad, 1))
}
