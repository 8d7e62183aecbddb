package dino

import (
	"errors"
	"fmt"
	"math"

	"github.com/dinogpu/dinogpu/layers"
)

// ErrNotFinite is in the chain of every error about a loss, gradient or weight that is NaN or infinite.
var ErrNotFinite = errors.New("not finite")

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
		name, err := t.firstBadWeight(net.arena)
		if err != nil {
			return err
		}
		if name != "" {
			what = "the " + net.name + "'s weight " + name
			break
		}
	}
	return fmt.Errorf("step %d: %s is %w (loss %g); nothing was changed by this step: start a new run with a lower --lr, more --warmup-epochs, or --clip-grad below %g",
		m.Step, what, ErrNotFinite, m.Loss, max(t.Config.ClipGrad, 1))
}

// firstBadWeight names the first tensor of an arena, in the order that a forward pass uses them, that is not finite.
func (t *Trainer) firstBadWeight(a *layers.Arena) (string, error) {
	for _, p := range a.Layout.List {
		v := make([]float32, p.Len())
		if err := t.device.Read(a.Tensor(p.Name), v); err != nil {
			return "", err
		}
		if _, bad := firstNotFinite(v); bad {
			return p.Name, nil
		}
	}
	return "", nil
}

func firstNotFinite(v []float32) (at int, found bool) {
	for i, x := range v {
		if math.Float32bits(x)&0x7f800000 == 0x7f800000 {
			return i, true
		}
	}
	return 0, false
}
