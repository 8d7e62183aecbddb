package dino

// One training step in the order of the paper's Algorithm 1 (arXiv 2104.14294) and of the reference's train_one_epoch. x
// are B images, g_s and g_t student and teacher with their heads, C the center, tau_s and tau_t the temperatures:
//
//	crops of x                                                     augment.Loader, section 3.1 "multi-crop"
//	q     = softmax((g_t(global crops) - C) / tau_t)               targets
//	p     = softmax(g_s(all crops) / tau_s)                        eq. (1), Batch
//	loss  = mean over pairs of crops of -sum q log p               eq. (2) and (3), studentLoss
//	loss.backward()                                                Batch, studentLoss
//	update(g_s)                                                    recordUpdate: clip, AdamW
//	theta_t = lambda theta_t + (1 - lambda) theta_s                recordUpdate: EMA
//	C     = m C + (1 - m) mean over global crops of g_t            eq. (4), Update
//
// Step runs what the record functions below it recorded. What is DINO's own (targets, Batch, studentLoss, Update) is in
// method_dino.go; another Method does its own in their places.

import (
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// Step does one optimizer step from Accumulate batches and waits for its metrics.
func (t *Trainer) Step(batches ...*augment.Batch) (StepMetrics, error) {
	earlier, err := t.Submit(batches...)
	if err != nil {
		return StepMetrics{}, err
	}
	rest, err := t.Finish()
	if err != nil {
		return StepMetrics{}, err
	}
	all := append(earlier, rest...)
	return all[len(all)-1], nil
}

// Submit hands the device one optimizer step from Accumulate batches, and gives the metrics of the steps that have run
// meanwhile, at most two behind. After an error the weights are those of the last good step.
func (t *Trainer) Submit(batches ...*augment.Batch) ([]StepMetrics, error) {
	if len(batches) != t.Config.Accumulate {
		return nil, fmt.Errorf("a step takes %d batches, %d were given", t.Config.Accumulate, len(batches))
	}
	values := t.Schedules.At(t.step)
	if err := t.device.Write(t.shared.Scalars, t.scalars(values).Values()); err != nil {
		return nil, err
	}
	if err := t.begin.Run(); err != nil {
		return nil, err
	}
	crops := t.cropsAt(values)
	for _, b := range batches { // gradients, losses and the center's sum add up
		if err := t.upload(b); err != nil {
			return nil, err
		}
		if err := crops.Run(); err != nil {
			return nil, err
		}
	}
	if err := t.update.Run(); err != nil {
		return nil, err
	}
	if err := t.submitted(values); err != nil {
		return nil, err
	}
	return t.collect(metricsBehind)
}

// scalars are a step's numbers as the kernels take them: the rate and the weight decay of the step, the temperatures, and
// of each momentum what is left to 1.
func (t *Trainer) scalars(v StepValues) layers.Scalars {
	c := t.Config
	s := layers.Scalars{
		LearningRate: float32(v.LR), WeightDecay: float32(v.WeightDecay),
		TeacherRate: float32(t.rule.rate(v, t.Schedules.perEpoch)), CenterRate: float32(1 - c.CenterMomentum),
		TeacherTemp: float32(v.TeacherTemp), StudentTemp: float32(c.StudentTemp),
		BatchShare: 1 / float32(c.Accumulate), Clip: float32(c.ClipGrad),
	}
	// torch skips tensors without gradients wholly: what was frozen counts its own steps from then on
	if m, ok := t.method.(scheduled); ok {
		m.Schedule(v, t.Schedules.perEpoch, &s)
	}
	s.Train(0.9, 0.999, 1e-8, layers.PartSteps{Head: v.Step + 1, Backbone: v.BackboneSteps, LastLayer: v.LastLayerSteps})
	return s
}

// recordBegin clears what a step adds to: zero_grad.
func (t *Trainer) recordBegin(target gpu.Target) {
	t.begin = gpu.NewProgram("begin", target)
	for _, part := range t.gradients.Parts {
		t.begin.Clear(part)
	}
	t.begin.Clear(t.shared.Sums)
	t.method.Begin(t.recording(t.begin, false))
}

// cropsAt is what batches go through at a step. Once the backbone moves, the program that trains the head alone is given
// back.
func (t *Trainer) cropsAt(v StepValues) *gpu.Program {
	switch {
	case t.headCrops == nil:
		return t.crops
	case v.BackboneSteps == 0:
		return t.headCrops
	}
	t.headCrops.Release()
	t.headCrops = nil
	return t.crops
}

// recordBatch records what one batch goes through, as the method says, with the backbone left out on the way back where the
// head is trained alone. Gradients add up, so that a step may have several batches.
func (t *Trainer) recordBatch(name string, target gpu.Target, headOnly bool) *gpu.Program {
	p := gpu.NewProgram(name, target)
	t.method.Batch(t.recording(p, headOnly))
	return p
}

// recordUpdate records what follows the batches: clipping and the optimizer, the teacher's step, what the method remembers.
// A flag that any number which is not finite has set holds all of it back.
func (t *Trainer) recordUpdate(target gpu.Target) {
	p := gpu.NewProgram("update", target)
	t.update = p
	optimizer := layers.Optimizer{
		Segments: t.segments, Weights: t.Student.Parts, Gradients: t.gradients.Parts,
		Scalars: t.shared.Scalars, Norms: t.norms, NonFinite: t.shared.NonFinite,
	}
	for _, m := range t.moments {
		optimizer.Moments = append(optimizer.Moments, m.Parts)
	}
	_, teacher := t.method.Crops()
	ema := layers.EMA{
		Buffers:  len(teacher) == 0, // a teacher that sees nothing has no statistics of its own
		Segments: t.segments, Teacher: t.Teacher.Parts, Student: t.Student.Parts,
		Scalars: t.shared.Scalars, NonFinite: t.shared.NonFinite,
	}
	optimizer.RecordNorms(p)
	if t.rule.before {
		ema.Record(p)
	}
	switch t.Config.Optimizer {
	case settings.SGD:
		optimizer.SGD(p)
	case settings.LARS:
		optimizer.LARS(p)
	default:
		optimizer.AdamW(p)
	}
	if !t.rule.before {
		ema.Record(p)
	}
	t.method.Update(t.recording(p, false))
}
