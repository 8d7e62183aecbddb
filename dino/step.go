package dino

// One training step in the order of the paper's Algorithm 1 (arXiv 2104.14294) and of the reference's train_one_epoch. x
// are B images, g_s and g_t student and teacher with their heads, C the center, tau_s and tau_t the temperatures:
//
//	crops of x                                                     augment.Loader, section 3.1 "multi-crop"
//	q     = softmax((g_t(global crops) - C) / tau_t)               targets
//	p     = softmax(g_s(all crops) / tau_s)                        eq. (1), student
//	loss  = mean over pairs of crops of -sum q log p               eq. (2) and (3), studentLoss
//	loss.backward()                                                student, studentLoss
//	update(g_s)                                                    recordUpdate: clip, AdamW
//	theta_t = lambda theta_t + (1 - lambda) theta_s                recordUpdate: EMA
//	C     = m C + (1 - m) mean over global crops of g_t            eq. (4), recordUpdate
//
// Step runs what the record functions below it recorded.

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
	if err := t.device.Write(t.loss.Scalars, t.scalars(values).Values()); err != nil {
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
		TeacherRate: float32(1 - v.Momentum), CenterRate: float32(1 - c.CenterMomentum),
		TeacherTemp: float32(v.TeacherTemp), StudentTemp: float32(c.StudentTemp),
		BatchShare: 1 / float32(c.Accumulate), Clip: float32(c.ClipGrad),
	}
	// torch skips tensors without gradients wholly: what was frozen counts its own steps from then on
	s.Train(0.9, 0.999, 1e-8, layers.PartSteps{Head: v.Step + 1, Backbone: v.BackboneSteps, LastLayer: v.LastLayerSteps})
	return s
}

// recordBegin clears what a step adds to: zero_grad.
func (t *Trainer) recordBegin(target gpu.Target) {
	t.begin = gpu.NewProgram("begin", target)
	for _, part := range t.gradients.Parts {
		t.begin.Clear(part)
	}
	t.begin.Clear(t.loss.CenterSum)
	t.begin.Clear(t.loss.Sums)
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

// recordCrops records what one batch goes through: the teacher's targets from its global crops, then each pass of crops
// through the student, its loss and back, the backbone left out where the head is trained alone. The loss is a sum over
// crops with fixed targets, so each pass adds its own gradients and leaves no activations behind.
func (t *Trainer) recordCrops(name string, target gpu.Target, backward func(recorder, *gpu.Program, gpu.Tensor)) *gpu.Program {
	p := gpu.NewProgram(name, target)
	targets, inputs := t.targets(p)
	prototypes := layers.NewPrototypes(settings.HeadPrefix, t.Student, t.gradients, !t.Config.NormLastLayer)
	prototypes.Begin(p)
	for i, pass := range t.passes {
		if i >= len(inputs) {
			inputs = append(inputs, pass.input(p, t.Config))
		}
		student := newRecorder(t.Config, t.Student, t.gradients)
		if b, ok := student.backbone.(layers.Dropper); ok {
			b.DropPath(t.drop.of(i))
		}
		_, y := student.Forward(p, inputs[i])
		dy := t.studentLoss(p, prototypes, y, targets, pass.first())
		backward(student, p, dy)
	}
	prototypes.End(p)
	t.loss.Sum(p)
	return p
}

// targets records q = softmax((g_t(x) - C) / tau_t), (2B, K), for the global crops, and adds g_t(x) to what the center
// moves to. No gradient goes there. The passes with global crops come first; what goes into the teacher there serves the student too.
func (t *Trainer) targets(p *gpu.Program) (q gpu.Tensor, inputs []layers.Input) {
	prototypes := layers.NewPrototypes(settings.HeadPrefix, t.Teacher, nil, false)
	prototypes.Begin(p)
	var logits []gpu.Tensor // of the two global crops, side by side or one after the other
	for _, pass := range t.passes {
		if pass.first() >= 2 {
			break
		}
		crops := pass.input(p, t.Config)
		_, y := newRecorder(t.Config, t.Teacher, nil).Forward(p, crops.First(1))
		logits, inputs = append(logits, prototypes.Logits(p, y)), append(inputs, crops)
	}
	q = logits[0]
	if len(logits) > 1 {
		q = layers.Concat(p, logits...)
	}
	t.loss.Teacher(p, q)
	return q, inputs
}

// logitsLimit is how many bytes of student logits are made at once: with 65,536 prototypes those of all crops would
// not fit a binding, and would be the largest thing in memory.
const logitsLimit = 64 << 20

// studentLoss records -sum q log softmax(g_s(x) / tau_s) over the pairs of a global crop and another crop, for the crops
// from number first on, and its gradient: y (rows, bottleneck) is what the student's prototypes are compared with, and
// what comes back is the gradient of y. Logits are made for as many whole crops at a time as logitsLimit allows, one at
// least.
func (t *Trainer) studentLoss(p *gpu.Program, prototypes *layers.Prototypes, y, targets gpu.Tensor, first int) gpu.Tensor {
	B, C := t.Config.BatchSize, y.Cols()
	crops := max(1, t.logitsLimit/(4*t.Config.OutDim*B))
	for crops*B*C%gpu.Align != 0 {
		crops++ // the next chunk's rows have to start where they can be bound
	}
	dy := p.Scratch("head.dy", y.Rows(), C)
	for at := 0; at < y.Rows(); at += crops * B {
		rows := func(x gpu.Tensor) gpu.Tensor {
			return x.Slice(x.Name, at*C, min(crops*B, y.Rows()-at), C)
		}
		logits := prototypes.Logits(p, rows(y))
		t.loss.Student(p, logits, targets, first+at/B) // logits become their gradient
		prototypes.Backward(p, logits, rows(y), rows(dy))
	}
	return dy
}

// recordUpdate records what follows the batches: clipping and the optimizer, the teacher's moving average, the center's.
// A flag that any number which is not finite has set holds all of it back.
func (t *Trainer) recordUpdate(target gpu.Target) {
	p := gpu.NewProgram("update", target)
	t.update = p
	optimizer := layers.Optimizer{
		Segments: t.segments, Weights: t.Student.Parts, Gradients: t.gradients.Parts,
		Scalars: t.loss.Scalars, Norms: t.norms, NonFinite: t.loss.NonFinite,
	}
	for _, m := range t.moments {
		optimizer.Moments = append(optimizer.Moments, m.Parts)
	}
	switch t.Config.Optimizer {
	case settings.SGD:
		optimizer.SGD(p)
	case settings.LARS:
		optimizer.LARS(p)
	default:
		optimizer.AdamW(p)
	}
	ema := layers.EMA{
		Segments: t.segments, Teacher: t.Teacher.Parts, Student: t.Student.Parts,
		Scalars: t.loss.Scalars, NonFinite: t.loss.NonFinite,
	}
	ema.Record(p)
	t.loss.UpdateCenter(p, 2*t.Config.BatchSize*t.Config.Accumulate)
}
