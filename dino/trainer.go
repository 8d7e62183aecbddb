package dino

import (
	"errors"
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A Trainer owns a student, its teacher, the loss and the optimiser. It is recorded without a device, built on
// one, and then Step does the reference's iteration (reference train_one_epoch) as three programs.
type Trainer struct {
	Config    settings.Config
	Schedules Schedules
	Layout    *layers.Params

	Student, Teacher *layers.Arena

	gradients   *layers.Arena
	moments     []*layers.Arena
	segments    *layers.Segments
	loss        layers.Loss
	norms       gpu.Tensor
	logitsLimit int
	passes      []cropPass
	groups      []*cropGroup // of all passes
	drop        dropPath

	begin, crops, update *gpu.Program

	device    *gpu.Device
	step      int // optimiser steps submitted
	pending   []pendingStep
	readbacks []*gpu.Readback
}

// Options say how a trainer is recorded; they do not change what a step computes beyond rounding.
type Options struct {
	Crops string // auto, together, by size, apart: which crops run side by side
	// Floats makes the trainer take crops as normalised float32 pictures (B, 3, H, W) instead of bytes.
	Floats bool

	logitsLimit int // 0: the constant
}

// Record records a trainer for these settings; stepsPerEpoch is the number of optimizer steps per epoch. Where a batch
// passes a limit, whatever crops run side by side, the error is a gpu.LimitError.
func Record(c settings.Config, target gpu.Target, stepsPerEpoch int, o Options) (*Trainer, error) {
	t, err := record(c, target, stepsPerEpoch, o)
	var limit *gpu.LimitError
	if errors.As(err, &limit) {
		return nil, fmt.Errorf("the step does not fit what every GPU has: %w; take a smaller `batch_size` with `accumulate`, `crops` apart, or a smaller `out_dim`", err)
	}
	return t, err
}

func record(c settings.Config, target gpu.Target, stepsPerEpoch int, o Options) (*Trainer, error) {
	if o.Crops == "auto" || o.Crops == "" {
		for _, crops := range []string{cropsTogether, cropsBySize} {
			t, err := record(c, target, stepsPerEpoch, Options{Crops: crops, Floats: o.Floats, logitsLimit: o.logitsLimit})
			var limit *gpu.LimitError
			if errors.As(err, &limit) {
				continue
			}
			if err != nil {
				return nil, err
			}
			m, err := t.crops.Plan()
			if err != nil {
				return nil, err
			}
			if m.Scratch+m.Textures <= togetherLimit {
				return t, nil
			}
		}
		o.Crops = cropsApart
	}
	t := &Trainer{Config: c, Schedules: NewSchedules(c, stepsPerEpoch), Layout: c.Layout(), logitsLimit: o.logitsLimit}
	if t.logitsLimit == 0 {
		t.logitsLimit = logitsLimit
	}
	t.Student, t.Teacher = t.Layout.NewArena("student"), t.Layout.NewArena("teacher")
	t.gradients = t.Layout.NewArena("gradients")
	for i := range moments(c) {
		t.moments = append(t.moments, t.Layout.NewArena(momentName(i)))
	}
	var err error
	if t.segments, err = layers.NewSegments(t.Layout); err != nil {
		return nil, err
	}
	K, B := c.OutDim, c.BatchSize
	t.norms = gpu.NewTensor("norms", len(t.Layout.List), 2)
	t.loss = layers.Loss{
		Batch: B, Crops: c.Crops(),
		Center: gpu.NewTensor("center", K), CenterSum: gpu.NewTensor("center.sum", K),
		Entropy: gpu.NewTensor("entropy", 2*B), Values: gpu.NewTensor("loss", c.Crops()*B), Sums: gpu.NewTensor("sums", 2),
		Scalars: layers.NewScalars(), NonFinite: gpu.NewTensor("nonfinite", 1),
	}
	t.passes = cropPasses(c, o)
	for _, x := range t.passes {
		t.groups = append(t.groups, x...)
	}
	t.drop = newDropPath(c, t.passes)
	t.recordBegin(target)
	t.recordCrops(target)
	t.recordUpdate(target)
	for _, p := range t.Programs() {
		if p.Err() != nil {
			return nil, p.Err()
		}
	}
	return t, nil
}

// togetherLimit is the scratch memory up to which crops are joined: a desktop GPU's spare memory,
// and little beside what a machine with software Vulkan has.
const togetherLimit = 2 << 30

// recordBegin clears what a step adds to.
func (t *Trainer) recordBegin(target gpu.Target) {
	t.begin = gpu.NewProgram("begin", target)
	for _, part := range t.gradients.Parts {
		t.begin.Clear(part)
	}
	t.begin.Clear(t.loss.CenterSum)
	t.begin.Clear(t.loss.Sums)
}

// recordCrops records the forward and backward passes of one batch. The loss is a sum over crops with fixed
// targets, so each pass of crops goes through the student by itself and adds its gradients.
func (t *Trainer) recordCrops(target gpu.Target) {
	p := gpu.NewProgram("crops", target)
	t.crops = p
	c := t.Config
	teacherLast := layers.NewPrototypes(settings.HeadPrefix, t.Teacher, nil, false)
	teacherLast.Begin(p)
	targets, patches := t.teacherTargets(p, teacherLast)

	last := layers.NewPrototypes(settings.HeadPrefix, t.Student, t.gradients, !c.NormLastLayer)
	last.Begin(p)
	for i, x := range t.passes {
		net := newRecorder(c, t.Student, t.gradients)
		net.vit.Drop = t.drop.of(i)
		mine, ok := patches[i]
		if !ok {
			mine = x.patches(p, c)
		}
		_, y := net.Forward(p, mine)
		net.Backward(p, t.studentLoss(p, last, y, targets, x.first()))
	}
	last.End(p)
	t.loss.Sum(p)
}

// teacherTargets records q (2B, K) for the two global crops, side by side or one after the other. The patches of the
// passes that hold them, by number, serve the student too.
func (t *Trainer) teacherTargets(p *gpu.Program, last *layers.Prototypes) (gpu.Tensor, map[int]layers.Patches) {
	var logits []gpu.Tensor
	patches := map[int]layers.Patches{}
	for i, x := range t.passes {
		if x.first() < 2 {
			patches[i] = x.patches(p, t.Config)
			_, y := newRecorder(t.Config, t.Teacher, nil).Forward(p, patches[i].First(1))
			logits = append(logits, last.Logits(p, y))
		}
	}
	all := logits[0]
	if len(logits) > 1 {
		all = layers.Concat(p, logits...)
	}
	t.loss.Teacher(p, all)
	return all, patches
}

// logitsLimit is how many bytes of student logits are made at once: with 65,536 prototypes those of all crops would
// not fit a binding, and would be the largest thing in memory.
const logitsLimit = 64 << 20

// studentLoss records the loss of the crops from number first on, whose rows y (R, bottleneck) holds, and the
// gradient of y: as many whole crops at a time as logitsLimit allows, one at least.
func (t *Trainer) studentLoss(p *gpu.Program, last *layers.Prototypes, y, targets gpu.Tensor, first int) gpu.Tensor {
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
		logits := last.Logits(p, rows(y))
		t.loss.Student(p, logits, targets, first+at/B)
		last.Backward(p, logits, rows(y), rows(dy))
	}
	return dy
}

// recordUpdate records the clipped optimiser step, the teacher's and the centre's.
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
	case "sgd":
		optimizer.SGD(p)
	case "lars":
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

// Programs are what a step runs, in order; the second once for each batch that is accumulated.
func (t *Trainer) Programs() []*gpu.Program { return []*gpu.Program{t.begin, t.crops, t.update} }

// Memory is the bytes that the trainer takes on a device, planned, before any are.
func (t *Trainer) Memory() (int, error) {
	total, kept := 0, map[string]int{}
	for _, p := range t.Programs() {
		m, err := p.Plan()
		if err != nil {
			return 0, err
		}
		total += m.Scratch + m.Textures
		for name, bytes := range m.Kept {
			kept[name] = bytes
		}
	}
	for _, bytes := range kept {
		total += bytes
	}
	return total, nil
}

// Build makes the trainer's memory on d and draws the first weights: the teacher begins as the student.
func (t *Trainer) Build(d *gpu.Device) error {
	t.device = d
	for _, p := range t.Programs() {
		if err := p.Build(d); err != nil {
			return err
		}
	}
	if err := errors.Join(t.segments.Upload(d), t.buildReadbacks()); err != nil {
		return err
	}
	weights := InitialWeights(t.Layout, t.Config.Seed)
	if err := t.Student.Write(d, weights); err != nil {
		return err
	}
	return t.Teacher.Write(d, weights)
}

// Release gives all memory back.
func (t *Trainer) Release() {
	for _, p := range t.Programs() {
		p.Release()
	}
	for _, a := range append([]*layers.Arena{t.Student, t.Teacher, t.gradients}, t.moments...) {
		a.Release()
	}
	t.segments.Release()
	for _, r := range t.readbacks {
		r.Release()
	}
	gpu.Release(t.loss.Sums, t.norms, t.loss.Center, t.loss.CenterSum, t.loss.Entropy, t.loss.Values, t.loss.Scalars, t.loss.NonFinite, t.drop.scales)
	for _, g := range t.groups {
		gpu.Release(g.input)
	}
}

// Step does one optimiser step from Accumulate batches and waits for its metrics.
func (t *Trainer) Step(batches ...*augment.Batch) (StepMetrics, error) {
	return t.stepWith(len(batches), func(i int) error { return t.uploadBatch(batches[i]) })
}

// Submit hands the device one optimiser step from Accumulate batches, and gives the metrics of the steps that have
// run meanwhile, at most two behind. After an error the weights are those of the last good step.
func (t *Trainer) Submit(batches ...*augment.Batch) ([]StepMetrics, error) {
	if err := t.submit(len(batches), func(i int) error { return t.uploadBatch(batches[i]) }); err != nil {
		return nil, err
	}
	return t.collect(metricsBehind)
}

// stepWith does one optimiser step from that many batches, each put into the groups' inputs by fill.
func (t *Trainer) stepWith(batches int, fill func(i int) error) (StepMetrics, error) {
	if err := t.submit(batches, fill); err != nil {
		return StepMetrics{}, err
	}
	all, err := t.Finish()
	if err != nil {
		return StepMetrics{}, err
	}
	return all[len(all)-1], nil
}

func (t *Trainer) submit(batches int, fill func(i int) error) error {
	if batches != t.Config.Accumulate {
		return fmt.Errorf("a step takes %d batches, %d were given", t.Config.Accumulate, batches)
	}
	values := t.Schedules.At(t.step)
	if err := t.device.Write(t.loss.Scalars, t.scalars(values).Values()); err != nil {
		return err
	}
	if err := t.begin.Run(); err != nil {
		return err
	}
	for i := range batches {
		if err := fill(i); err != nil {
			return err
		}
		if err := t.crops.Run(); err != nil {
			return err
		}
	}
	if err := t.update.Run(); err != nil {
		return err
	}
	return t.submitted(values)
}

// scalars are a step's numbers as the kernels take them.
func (t *Trainer) scalars(v StepValues) layers.Scalars {
	c := t.Config
	s := layers.Scalars{
		LearningRate: float32(v.LR), WeightDecay: float32(v.WeightDecay),
		TeacherRate: float32(1 - v.Momentum), CenterRate: float32(1 - c.CenterMomentum),
		TeacherTemp: float32(v.TeacherTemp), StudentTemp: float32(c.StudentTemp),
		PerWindow: 1 / float32(c.Accumulate), Clip: float32(c.ClipGrad),
	}
	// torch skips tensors without gradients wholly: the last layer's own count of steps starts after its freeze
	s.Adam(0.9, 0.999, 1e-8, v.Step+1, v.LastLayerSteps)
	return s
}
