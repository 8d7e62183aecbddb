package dino

import (
	"fmt"
	"math"

	"github.com/dinogpu/dinogpu/gpu"
)

// metricsBehind is how many steps may be under way whose metrics are not there yet: the device goes on with the next
// while the host looks at the last.
const metricsBehind = 2

// A pendingStep is a step that was submitted.
type pendingStep struct {
	values StepValues
	read   *gpu.Readback // the step's sums, then the norms of the gradients
}

// buildReadbacks makes one for each step that may be under way, and one for the step that is submitted next.
func (t *Trainer) buildReadbacks() error {
	for range metricsBehind + 1 {
		r, err := t.device.NewReadback(t.loss.Sums, t.norms)
		if err != nil {
			return err
		}
		t.readbacks = append(t.readbacks, r)
	}
	return nil
}

// submitted takes note of a step whose programs have been submitted.
func (t *Trainer) submitted(v StepValues) error {
	r := t.readbacks[v.Step%len(t.readbacks)]
	if err := r.Start(); err != nil {
		return err
	}
	t.pending = append(t.pending, pendingStep{v, r})
	t.step++
	return nil
}

// collect gives the metrics of steps that have run, the oldest first, and waits until at most behind are under way.
func (t *Trainer) collect(behind int) ([]StepMetrics, error) {
	var all []StepMetrics
	for len(t.pending) > 0 && (len(t.pending) > behind || t.pending[0].read.Done()) {
		s := t.pending[0]
		read, err := s.read.Values()
		if err != nil {
			return all, err
		}
		m, err := t.metrics(s.values, read)
		if err != nil {
			// the steps behind it found the flag and changed nothing either
			t.step, t.pending = s.values.Step, nil
			return all, err
		}
		t.pending = t.pending[1:]
		all = append(all, m)
	}
	return all, nil
}

// Finish waits for the steps that are under way and gives their metrics, the oldest first.
func (t *Trainer) Finish() ([]StepMetrics, error) { return t.collect(0) }

// metrics makes a step's line from its sums and the gradients' norms. A gradient that is not finite is an error that
// names its tensor: the kernels left weights, moments, teacher and centre as they were.
func (t *Trainer) metrics(v StepValues, read []float32) (StepMetrics, error) {
	sums, norms := read[:2], read[2:]
	bad, total := "", 0.0
	for i, p := range t.Layout.List {
		n := float64(norms[2*i])
		if bad == "" && (math.IsInf(n, 0) || math.IsNaN(n)) {
			bad = p.Name
		}
		total += n * n
	}
	loss, entropy := float64(sums[0])/float64(t.Config.Accumulate), float64(sums[1])/float64(t.Config.Accumulate)
	m := StepMetrics{
		Step: v.Step + 1, Epoch: v.Epoch, Loss: loss, Entropy: entropy, KL: loss - entropy,
		LR: v.LR, WeightDecay: v.WeightDecay, Momentum: v.Momentum, TeacherTemp: v.TeacherTemp,
		GradNorm: math.Sqrt(total),
	}
	if bad != "" {
		return m, fmt.Errorf("step %d: the gradient of %s is not finite (loss %g); the weights are still those of step %d: "+
			"go on with a lower --lr, or --clip-grad below %g", m.Step, bad, m.Loss, v.Step, max(t.Config.ClipGrad, 1))
	}
	return m, nil
}
