package dino

import (
	"fmt"
	"maps"
	"slices"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A Method is what a network learns from: which crops go through student and teacher, what stands behind the backbone,
// the targets, the loss, and what is remembered from one step to the next. Each is a file, method_<name>.go, and a line in
// methods; the trainer does the rest: see step.go. Where the teacher's weights come from is a teacherRule.
//
// A method names its tensors when it is made and records with them; memory comes when the trainer is built.
type Method interface {
	// Crops are the numbers, in order, of the crops that go through the student and through the teacher; of an image, 0 and
	// 1 are the global crops, and the local ones follow. A teacher that sees none is a copy of the student.
	Crops() (student, teacher []int)
	// AddParams appends the tensors of the heads, under names that begin with settings.HeadPrefix.
	AddParams(l *layers.Params)
	// Multiplies are the multiply-adds forward of what stands behind the backbone, for a crop of the student's and one of the
	// teacher's.
	Multiplies() (student, teacher float64)
	// Begin records what a step clears before its first batch.
	Begin(r *Recording)
	// Batch records what one batch goes through: both networks, targets, loss, and back. It adds to the gradients of all
	// weights, and to Recording.Sums the batch's loss and, behind it, what Metrics reads.
	Batch(r *Recording)
	// Update records what is remembered of a step, behind those of the optimizer and the teacher.
	Update(r *Recording)
	// Kept are the tensors that checkpoints hold beside the networks; none is nil.
	Kept() []Kept
	// Tensors are all that the method named; the trainer releases them.
	Tensors() []gpu.Tensor
	// Metrics sets what the method reads of a step but its loss, from the means of Recording.Sums over the step's batches.
	Metrics(sums []float64, m *StepMetrics)
}

// remembersNothing is what a method embeds that keeps nothing from one step to the next.
type remembersNothing struct{}

func (remembersNothing) Begin(*Recording)  {}
func (remembersNothing) Update(*Recording) {}
func (remembersNothing) Kept() []Kept      { return nil }

// A scheduled method sets scalars of its own from step to step.
type scheduled interface {
	Schedule(v StepValues, stepsPerEpoch int, s *layers.Scalars)
}

// An uploader has to be told of each batch more than its crops.
type uploader interface {
	Upload(d *gpu.Device, b *augment.Batch) error
}

// A Kept is a tensor of a method that a run needs to go on, under its name in checkpoints.
type Kept struct {
	Name   string
	Tensor gpu.Tensor
	Fresh  func(seed uint64) []float32 // what it begins with; nil: zeros
}

// methods are the methods, by name. What they are called and which settings they change is in settings.Methods.
var methods = map[string]func(c settings.Config, sh Shared) Method{
	settings.MethodDINO:       newDINO,
	settings.MethodBYOL:       newBYOL,
	settings.MethodMoCo:       newMoCo,
	settings.MethodSwAV:       newSwAV,
	settings.MethodSupervised: newSupervised,
}

// Shared are the trainer's tensors that methods' kernels read and write.
type Shared struct {
	Scalars   gpu.Tensor // see layers.Scalars
	NonFinite gpu.Tensor // (1): not zero once a loss or a gradient is not finite; nothing may be remembered of such a step
	Sums      gpu.Tensor // (4): the sums over a step's batches of the loss and of what Metrics reads; cleared before a step

	logitsLimit int // bytes of student logits made at once
}

func newShared(o Options) Shared {
	s := Shared{
		Scalars: layers.NewScalars(), NonFinite: gpu.NewTensor("nonfinite", 1), Sums: gpu.NewTensor("sums", 4),
		logitsLimit: o.logitsLimit,
	}
	if s.logitsLimit == 0 {
		s.logitsLimit = logitsLimit
	}
	return s
}

// newMethod makes the method that c names.
func newMethod(c settings.Config, sh Shared) (Method, error) {
	make, ok := methods[c.Method]
	if !ok {
		return nil, fmt.Errorf("there is no `method` %q; the methods are %v", c.Method, slices.Sorted(maps.Keys(methods)))
	}
	return make(c, sh), nil
}

// Layout is the names, shapes and places of all weights of a student or teacher of c, in the order of the released
// state_dict.
func Layout(c settings.Config) (*layers.Params, error) {
	m, err := newMethod(c, newShared(Options{}))
	if err != nil {
		return nil, err
	}
	return layoutOf(c, m), nil
}

func layoutOf(c settings.Config, m Method) *layers.Params {
	l := &layers.Params{}
	c.Backbone().AddParams(l, settings.BackbonePrefix)
	m.AddParams(l)
	return l
}
