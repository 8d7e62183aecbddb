package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/layers"
)

// notFinite is the error of a step whose numbers are not finite; it moved nothing where the device has seen that. The error
// names the weight that began it, or else the gradient on the way back where it began; gradient is empty if all are finite.
func (t *Trainer) notFinite(m StepMetrics, gradient string, seen bool) error {
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
	changed := "nothing was changed by this step"
	if !seen {
		changed = "the device missed that and moved the weights, which a selftest of it may explain"
	}
	return fmt.Errorf("step %d: %s is %w (loss %g); %s: start a new run with a lower `lr`, more `warmup_epochs`, or `clip_grad` below %g",
		m.Step, what, layers.ErrNotFinite, m.Loss, changed, max(t.Config.ClipGrad, 1))
}
