package dino

import (
	"errors"
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A Trainer owns a student, its teacher, the method and the optimizer. It is recorded without a device and built on one;
// then Step trains, as step.go tells.
type Trainer struct {
	Config    settings.Config
	Schedules Schedules
	Layout    *layers.Params

	Student, Teacher *layers.Arena

	gradients *layers.Arena
	moments   []*layers.Arena
	segments  *layers.Segments
	method    Method
	rule      teacherRule
	shared    Shared
	norms     gpu.Tensor
	passes    []cropPass
	groups    []*cropGroup // of all passes
	drop      dropPath

	begin, crops, update *gpu.Program
	headCrops            *gpu.Program // in place of crops while only the head is trained; nil: it never is, or no longer

	shown map[string]gpu.Tensor // see Recording.Show

	options   Options // with the crops that it was recorded with
	auto      bool    // options.Crops was chosen, not asked for
	device    *gpu.Device
	step      int                        // optimizer steps submitted
	upload    func(*augment.Batch) error // puts a batch where the passes read it
	pending   []pendingStep
	readbacks []*gpu.Readback
}

// Options say how a trainer is recorded; they do not change what a step computes beyond rounding.
type Options struct {
	Crops settings.Crops // which crops run side by side; empty: auto
	// Floats makes the trainer take crops as normalized float32 images (B, 3, H, W) instead of bytes.
	Floats bool

	logitsLimit int                   // 0: the constant
	shown       map[string]gpu.Tensor // see Recording.Show
}

// Record records a trainer for these settings; stepsPerEpoch is the number of optimizer steps per epoch. Where a batch
// passes a limit, whatever crops run side by side, the error is a gpu.LimitError. With `crops` auto, as many run side by
// side as the target's limits allow: whether a device has the memory shows when they are built, see BuildFitting.
func Record(c settings.Config, target gpu.Target, stepsPerEpoch int, o Options) (*Trainer, error) {
	t, err := record(c, target, stepsPerEpoch, o)
	var limit *gpu.LimitError
	if errors.As(err, &limit) {
		where := "what every GPU has"
		if target.Binding > 0 {
			where = "this device"
		}
		return nil, fmt.Errorf("the step does not fit %s: %w; take a smaller `batch_size` with `accumulate`, `crops` apart, or a smaller `out_dim`", where, err)
	}
	return t, err
}

func record(c settings.Config, target gpu.Target, stepsPerEpoch int, o Options) (*Trainer, error) {
	if o.Crops != settings.CropsAuto && o.Crops != "" {
		return recordWith(c, target, stepsPerEpoch, o)
	}
	return recordFrom(settings.CropsTogether, c, target, stepsPerEpoch, o)
}

// recordWith records the trainer with the crops side by side that o says.
func recordWith(c settings.Config, target gpu.Target, stepsPerEpoch int, o Options) (*Trainer, error) {
	t := &Trainer{Config: c, Schedules: NewSchedules(c, stepsPerEpoch), shared: newShared(o), shown: o.shown, options: o}
	var err error
	if t.method, err = newMethod(c, t.shared); err != nil {
		return nil, err
	}
	student, teacher := t.method.Crops()
	if t.rule, err = ruleOf(c, len(teacher) > 0); err != nil {
		return nil, err
	}
	t.Layout = layoutOf(c, t.method)
	t.Student, t.Teacher = t.Layout.NewArena("student"), t.Layout.NewArena("teacher")
	t.gradients = t.Layout.NewArena("gradients")
	for i := range moments(c) {
		t.moments = append(t.moments, t.Layout.NewArena(momentName(i)))
	}
	if t.segments, err = layers.NewSegments(t.Layout); err != nil {
		return nil, err
	}
	t.norms = gpu.NewTensor("norms", len(t.Layout.List), 2)
	t.passes = cropPasses(c, o, student, teacher)
	for _, x := range t.passes {
		t.groups = append(t.groups, x...)
	}
	t.drop = newDropPath(c, t.passes)
	t.upload = t.uploadBatch
	t.recordBegin(target)
	t.crops = t.recordBatch("crops", target, false)
	if c.HeadWarmupEpochs > 0 {
		t.headCrops = t.recordBatch("crops of the head", target, true)
	}
	t.recordUpdate(target)
	for _, p := range t.all() {
		if p.Err() != nil {
			return nil, p.Err()
		}
	}
	return t, nil
}

// Apart tells whether each crop goes through the student by itself, which takes the least memory.
func (t *Trainer) Apart() bool { return len(t.passes) >= t.Config.Crops() }

// Programs are what a step runs, in order; the second once for each batch that is accumulated.
func (t *Trainer) Programs() []*gpu.Program { return []*gpu.Program{t.begin, t.crops, t.update} }

// all are those, and what trains the head alone.
func (t *Trainer) all() []*gpu.Program {
	if t.headCrops == nil {
		return t.Programs()
	}
	return append(t.Programs(), t.headCrops)
}

// Memory is the bytes that the trainer takes on a device, planned, before any are.
func (t *Trainer) Memory() (int, error) {
	total, kept := 0, map[string]int{}
	for _, p := range t.all() {
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
	for _, p := range t.all() {
		if err := p.Build(d); err != nil {
			return err
		}
	}
	if err := errors.Join(t.segments.Upload(d), t.buildReadbacks()); err != nil {
		return err
	}
	weights := t.Layout.Fresh(t.Config.Seed)
	if err := t.Student.Write(d, weights); err != nil {
		return err
	}
	if err := t.Teacher.Write(d, weights); err != nil {
		return err
	}
	for _, k := range t.method.Kept() {
		if k.Fresh == nil {
			continue
		}
		if err := d.Write(k.Tensor, k.Fresh(t.Config.Seed)); err != nil {
			return err
		}
	}
	return nil
}

// Release gives all memory back.
func (t *Trainer) Release() {
	for _, p := range t.all() {
		p.Release()
	}
	for _, a := range append([]*layers.Arena{t.Student, t.Teacher, t.gradients}, t.moments...) {
		a.Release()
	}
	t.segments.Release()
	for _, r := range t.readbacks {
		r.Release()
	}
	gpu.Release(t.shared.Sums, t.shared.Scalars, t.shared.NonFinite, t.norms, t.drop.scales)
	gpu.Release(t.method.Tensors()...)
	for _, g := range t.groups {
		gpu.Release(g.input)
	}
}
