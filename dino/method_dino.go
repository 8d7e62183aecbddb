package dino

import (
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// dinoMethod is DINO (arXiv 2104.14294): the student's output for every crop learns the teacher's centered, sharpened
// output for the other global crops. step.go tells where each part stands in Algorithm 1.
type dinoMethod struct {
	config settings.Config
	shared Shared
	loss   layers.Loss
}

func newDINO(c settings.Config, sh Shared) Method {
	K, B := c.OutDim, c.BatchSize
	return &dinoMethod{config: c, shared: sh, loss: layers.Loss{
		Batch: B, Crops: c.Crops(),
		Center: gpu.NewTensor("center", K), CenterSum: gpu.NewTensor("center.sum", K),
		Entropy: gpu.NewTensor("entropy", 2*B), Values: gpu.NewTensor("loss", c.Crops()*B), Sums: sh.Sums,
		Scalars: sh.Scalars, NonFinite: sh.NonFinite,
	}}
}

// Crops: all through the student, the global ones through the teacher.
func (m *dinoMethod) Crops() (student, teacher []int) {
	return firstCrops(m.config.Crops()), firstCrops(2)
}

// AddParams appends the projection head with its prototypes.
func (m *dinoMethod) AddParams(l *layers.Params) { m.config.Head().AddParams(l, settings.HeadPrefix) }

// Multiplies are the same for both networks.
func (m *dinoMethod) Multiplies() (student, teacher float64) {
	n := headMultiplies(m.config)
	return n, n
}

// Begin clears what the center moves to.
func (m *dinoMethod) Begin(p *gpu.Program) { p.Clear(m.loss.CenterSum) }

// Batch records the teacher's targets from its global crops, then each pass of crops through the student, its loss and
// back. The loss is a sum over crops with fixed targets, so each pass adds its own gradients and leaves no activations
// behind.
func (m *dinoMethod) Batch(r *Recording) {
	p := r.Program
	targets := m.targets(r)
	prototypes := layers.NewPrototypes(settings.HeadPrefix, r.Student, r.Gradients, !m.config.NormLastLayer)
	prototypes.Begin(p)
	for _, pass := range r.StudentPasses() {
		head := layers.NewHead(m.config.Head(), settings.HeadPrefix, r.Student, r.Gradients)
		y := head.Forward(p, r.Features(pass))
		dy := m.studentLoss(p, prototypes, y, targets, pass.First)
		r.Backward(pass, head.Backward(p, dy))
	}
	prototypes.End(p)
	m.loss.Sum(p)
}

// targets records q = softmax((g_t(x) - C) / tau_t), (2B, K), for the global crops, and adds g_t(x) to what the center
// moves to. No gradient goes there.
func (m *dinoMethod) targets(r *Recording) gpu.Tensor {
	p := r.Program
	prototypes := layers.NewPrototypes(settings.HeadPrefix, r.Teacher, nil, false)
	prototypes.Begin(p)
	head := layers.NewHead(m.config.Head(), settings.HeadPrefix, r.Teacher, nil)
	var logits []gpu.Tensor // of the two global crops, side by side or one after the other
	for _, features := range r.TeacherFeatures() {
		logits = append(logits, prototypes.Logits(p, head.Forward(p, features)))
	}
	q := layers.Concat(p, logits...)
	m.loss.Teacher(p, q)
	return q
}

// logitsLimit is how many bytes of student logits are made at once: with 65,536 prototypes those of all crops would
// not fit a binding, and would be the largest thing in memory.
const logitsLimit = 64 << 20

// studentLoss records -sum q log softmax(g_s(x) / tau_s) over the pairs of a global crop and another crop, for the crops
// from number first on, and its gradient: y (rows, bottleneck) is what the student's prototypes are compared with, and
// what comes back is the gradient of y. Logits are made for as many whole crops at a time as logitsLimit allows, one at
// least.
func (m *dinoMethod) studentLoss(p *gpu.Program, prototypes *layers.Prototypes, y, targets gpu.Tensor, first int) gpu.Tensor {
	B, C := m.config.BatchSize, y.Cols()
	crops := max(1, m.shared.logitsLimit/(4*m.config.OutDim*B))
	for crops*B*C%gpu.Align != 0 {
		crops++ // the next chunk's rows have to start where they can be bound
	}
	dy := p.Scratch("head.dy", y.Rows(), C)
	for at := 0; at < y.Rows(); at += crops * B {
		rows := func(x gpu.Tensor) gpu.Tensor {
			return x.Slice(x.Name, at*C, min(crops*B, y.Rows()-at), C)
		}
		logits := prototypes.Logits(p, rows(y))
		m.loss.Student(p, logits, targets, first+at/B) // logits become their gradient
		prototypes.Backward(p, logits, rows(y), rows(dy))
	}
	return dy
}

// Update moves the center.
func (m *dinoMethod) Update(p *gpu.Program) { m.loss.UpdateCenter(p, 2*m.config.StepImages()) }

// Kept is the center.
func (m *dinoMethod) Kept() []Kept { return []Kept{{Name: centerName, Tensor: m.loss.Center}} }

func (m *dinoMethod) Tensors() []gpu.Tensor {
	return []gpu.Tensor{m.loss.Center, m.loss.CenterSum, m.loss.Entropy, m.loss.Values}
}

// Metrics: the entropy h of the targets, and what the loss is above it.
func (m *dinoMethod) Metrics(sums []float64, s *StepMetrics) {
	s.Entropy, s.KL = sums[1], sums[0]-sums[1]
}

// firstCrops are the numbers of the first n crops.
func firstCrops(n int) []int {
	crops := make([]int, n)
	for i := range crops {
		crops[i] = i
	}
	return crops
}
