package dino

import (
	"fmt"
	"math"
)

// lossSums adds up what the batches of a step report.
type lossSums struct {
	loss, entropy float64
	batches       int
}

// add reads the rows of the batch that ran last.
func (s *lossSums) add(t *Trainer) error {
	values, entropy := make([]float32, t.loss.Values.Len()), make([]float32, t.loss.Entropy.Len())
	if err := t.device.Read(t.loss.Values, values); err != nil {
		return err
	}
	if err := t.device.Read(t.loss.Entropy, entropy); err != nil {
		return err
	}
	for _, v := range values {
		s.loss += float64(v)
	}
	for _, v := range entropy {
		s.entropy += float64(v) / float64(len(entropy))
	}
	s.batches++
	return nil
}

// metrics reads the gradient norms and makes the step's line. A gradient that is not finite is an error that
// names its tensor: the kernels left weights, moments, teacher and centre as they were.
func (t *Trainer) metrics(v StepValues, s lossSums) (StepMetrics, error) {
	norms := make([]float32, t.norms.Len())
	if err := t.device.Read(t.norms, norms); err != nil {
		return StepMetrics{}, err
	}
	bad, total := "", 0.0
	for i, p := range t.Layout.List {
		n := float64(norms[2*i])
		if bad == "" && (math.IsInf(n, 0) || math.IsNaN(n)) {
			bad = p.Name
		}
		total += n * n
	}
	n := float64(s.batches)
	m := StepMetrics{
		Step: v.Step + 1, Epoch: v.Epoch, Loss: s.loss / n, Entropy: s.entropy / n, KL: (s.loss - s.entropy) / n,
		LR: v.LR, WeightDecay: v.WeightDecay, Momentum: v.Momentum, TeacherTemp: v.TeacherTemp,
		GradNorm: math.Sqrt(total),
	}
	if bad != "" {
		return m, fmt.Errorf("step %d: the gradient of %s is not finite (loss %g); the weights are still those of step %d: "+
			"go on with a lower --lr, or --clip-grad below %g", m.Step, bad, m.Loss, v.Step, max(t.Config.ClipGrad, 1))
	}
	return m, nil
}
