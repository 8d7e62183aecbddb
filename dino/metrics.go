package dino

import (
	"errors"
	"math"

	"github.com/dinogpu/dinogpu/gpu"
)

// NoReadouts are metrics without what only some methods have.
func NoReadouts() StepMetrics {
	none := math.NaN()
	return StepMetrics{Entropy: none, KL: none, OutputStd: none, PositiveTop1: none, TrainTop1: none}
}

// StepMetrics is a line of metrics.jsonl: what one optimizer step did. Optional numbers are those of some methods; where
// they are NaN, the line is without them.
type StepMetrics struct {
	Step            int     `json:"step"`  // from 1
	Epoch           int     `json:"epoch"` // from 0
	Loss            float64 `json:"loss"`
	Entropy         float64 `json:"entropy" optional:"nan"`       // of the targets
	KL              float64 `json:"kl" optional:"nan"`            // loss - entropy
	OutputStd       float64 `json:"output_std" optional:"nan"`    // of the teacher's unit outputs, mean over dimensions; 0: all the same
	PositiveTop1    float64 `json:"positive_top1" optional:"nan"` // queries nearer to their key than to the whole queue, percent
	TrainTop1       float64 `json:"train_top1" optional:"nan"`    // of supervised, on crops as it learns from them, percent
	LR              float64 `json:"lr"`
	WeightDecay     float64 `json:"weight_decay"`
	Momentum        float64 `json:"momentum"`
	TeacherTemp     float64 `json:"teacher_temp"`
	GradNorm        float64 `json:"grad_norm"`
	ImagesPerSecond float64 `json:"images_per_second"`
	DataWait        float64 `json:"data_wait"` // share of the time spent waiting for images
}

// metricsBehind is how many steps may be under way whose metrics are not there yet: the device goes on with the next
// while the host looks at the last.
const metricsBehind = 2

// A pendingStep is a step that was submitted.
type pendingStep struct {
	values StepValues
	read   *gpu.Readback // the step's sums, the flag of what is not finite, then the norms of the gradients
}

// buildReadbacks makes one for each step that may be under way, and one for the step that is submitted next.
func (t *Trainer) buildReadbacks() error {
	for range metricsBehind + 1 {
		r, err := t.device.NewReadback(t.shared.Sums, t.shared.NonFinite, t.norms)
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
		t.pending = t.pending[1:]
		if err != nil {
			return all, errors.Join(err, t.undo(s.values))
		}
		all = append(all, m)
	}
	return all, nil
}

// Finish waits for the steps that are under way and gives their metrics, the oldest first.
func (t *Trainer) Finish() ([]StepMetrics, error) { return t.collect(0) }

// undo puts the count of steps back to before a step that found the flag set, as did the steps submitted behind it:
// none of them changed anything. Then it clears the flag, or nothing would ever move again.
func (t *Trainer) undo(v StepValues) error {
	var errs []error
	for _, s := range t.pending {
		_, err := s.read.Values()
		errs = append(errs, err)
	}
	t.step, t.pending = v.Step, nil
	return errors.Join(append(errs, t.device.WriteBits(t.shared.NonFinite, []uint32{0}))...)
}

// metrics makes a step's line from its sums and the gradients' norms. Where something is not finite it gives the error
// that names it. As a rule the kernels saw it too, set the flag, and left weights, moments, teacher and center as they were.
func (t *Trainer) metrics(v StepValues, read []float32) (StepMetrics, error) {
	n := t.shared.Sums.Len()
	flag, norms := gpu.Bits(read)[n], read[n+1:]
	sums := make([]float64, n) // means over the step's batches
	for i, v := range read[:n] {
		sums[i] = float64(v) / float64(t.Config.Accumulate)
	}
	bad, total := "", 0.0
	for i, p := range t.Layout.List {
		n := float64(norms[2*i])
		if math.IsNaN(n) || math.IsInf(n, 0) {
			bad = p.Name // of the last in the layout: where it began on the way back
		}
		total += n * n
	}
	m := NoReadouts()
	m.Step, m.Epoch, m.Loss, m.GradNorm = v.Step+1, v.Epoch, sums[0], math.Sqrt(total)
	m.LR, m.WeightDecay, m.Momentum, m.TeacherTemp = v.LR, v.WeightDecay, v.Momentum, v.TeacherTemp
	t.method.Metrics(sums, &m)
	for _, v := range sums {
		if math.IsNaN(v - v) {
			return m, t.notFinite(m, bad, flag != 0)
		}
	}
	if flag != 0 || bad != "" {
		return m, t.notFinite(m, bad, flag != 0)
	}
	return m, nil
}
