package dino

import (
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// dinoMethod is DINO (arXiv 2104.14294): the student's output for every crop learns the teacher's centered, sharpened
// output for the other global crops. step.go tells where each part stands in Algorithm 1. The paper's ablations of it are
// settings: what takes the center's place (targets), another loss (dino_loss.go), other heads (layers.HeadConfig).
type dinoMethod struct {
	config   settings.Config
	shared   Shared
	loss     layers.Loss
	distance layers.Distance // with loss mse
}

func newDINO(c settings.Config, sh Shared) Method {
	K, B := c.OutDim, c.BatchSize
	m := &dinoMethod{config: c, shared: sh, loss: layers.Loss{
		Batch: B, Crops: c.Crops(),
		Center: gpu.NewTensor("center", K), CenterSum: gpu.NewTensor("center.sum", K),
		Entropy: gpu.NewTensor("entropy", 2*B), Values: gpu.NewTensor("loss", c.Crops()*B), Sums: sh.Sums,
		Scalars: sh.Scalars, NonFinite: sh.NonFinite,
	}}
	m.distance = layers.Distance{
		Batch: B, Weight: 1 / float64((2*c.Crops()-2)*B), Values: m.loss.Values, Deviation: gpu.NewTensor("deviation", K),
		Sums: sh.Sums, Scalars: sh.Scalars, NonFinite: sh.NonFinite,
	}
	return m
}

// Crops: all through the student, the global ones through the teacher.
func (m *dinoMethod) Crops() (student, teacher []int) {
	return firstCrops(m.config.Crops()), firstCrops(2)
}

// AddParams appends the projection head with its prototypes.
func (m *dinoMethod) AddParams(l *layers.Params) { m.config.Head().AddParams(l, settings.HeadPrefix) }

// Multiplies are the head's.
func (m *dinoMethod) Multiplies() (student, teacher float64) { return m.config.Head().Multiplies() }

// Begin clears what the center moves to.
func (m *dinoMethod) Begin(r *Recording) { r.Program.Clear(m.loss.CenterSum) }

// Batch records the teacher's targets from its global crops, then each pass of crops through the student, its loss and
// back. The loss is a sum over crops with fixed targets, so each pass adds its own gradients and leaves no activations
// behind. With batch norm the head takes all crops at once: they are one batch of it.
func (m *dinoMethod) Batch(r *Recording) {
	targets := m.targets(r)
	logits := m.logits(r.Student, r.Gradients)
	logits.Begin(r.Program)
	passes := r.StudentPasses()
	if m.config.UseBNInHead {
		m.learn(r, logits, passes, targets)
	} else {
		for i := range passes {
			m.learn(r, logits, passes[i:i+1], targets)
		}
	}
	logits.End(r.Program)
	m.sum(r.Program)
}

// learn records passes of crops through the student, their loss and back.
func (m *dinoMethod) learn(r *Recording, logits logitsMaker, passes []*StudentPass, targets gpu.Tensor) {
	p := r.Program
	features, backward := r.Joined(passes)
	head := layers.NewHead(m.config.Head(), settings.HeadPrefix, r.Student, r.Gradients, layers.Training, true)
	y := head.Forward(p, features)
	dy := m.studentLoss(r, logits, y, targets, passes[0].First)
	backward(head.Backward(p, dy))
}

// targets records what the student is to learn, (2B, K), from the teacher's output for the global crops:
// q = softmax((g_t(x) - C) / tau_t), or what `centering` has in its place. It adds g_t(x) to what the center moves to. No
// gradient goes there.
func (m *dinoMethod) targets(r *Recording) gpu.Tensor {
	p, c := r.Program, m.config
	logits := m.logits(r.Teacher, nil)
	logits.Begin(p)
	head := layers.NewHead(c.Head(), settings.HeadPrefix, r.Teacher, nil, layers.Training, false)
	features := r.TeacherFeatures() // of the two global crops, side by side or one after the other
	if c.UseBNInHead {
		features = []gpu.Tensor{layers.Concat(p, features...)}
	}
	var outputs []gpu.Tensor
	for _, f := range features {
		outputs = append(outputs, logits.Logits(p, head.Forward(p, f)))
	}
	t := layers.Concat(p, outputs...)
	if c.Loss == settings.MSE {
		t = m.unitTargets(p, t)
		r.Show("target", t)
		return t
	}
	switch c.Centering {
	case settings.CenteringSinkhorn:
		m.loss.Sinkhorn(p, t, c.SinkhornIterations, c.SinkhornPerView)
	case settings.CenteringBatchSoftmax:
		m.loss.Sinkhorn(p, t, 1, c.SinkhornPerView)
	default:
		m.loss.Teacher(p, t)
	}
	r.Show("target", t)
	return t
}

// logitsLimit is how many bytes of student logits are made at once: with 65,536 prototypes those of all crops would
// not fit a binding, and would be the largest thing in memory.
const logitsLimit = 64 << 20

// chunkOf is how many whole crops of B images, in rows of C, are compared with K prototypes at once: as many as logitsLimit
// allows, one at least.
func chunkOf(sh Shared, K, B, C int) int {
	crops := max(1, sh.logitsLimit/(4*K*B))
	for crops*B*C%gpu.Align != 0 {
		crops++ // the next chunk's rows have to start where they can be bound
	}
	return crops
}

// studentLoss records -sum q log softmax(g_s(x) / tau_s) over the pairs of a global crop and another crop, for the crops
// from number first on, and its gradient: y (rows, bottleneck) is what the student's prototypes are compared with, and
// what comes back is the gradient of y. Logits are made for as many whole crops at a time as logitsLimit allows, one at
// least.
func (m *dinoMethod) studentLoss(r *Recording, logits logitsMaker, y, targets gpu.Tensor, first int) gpu.Tensor {
	p, B, C := r.Program, m.config.BatchSize, y.Cols()
	crops := chunkOf(m.shared, m.config.OutDim, B, C)
	dy := p.Scratch("head.dy", y.Rows(), C)
	for at := 0; at < y.Rows(); at += crops * B {
		rows := func(x gpu.Tensor) gpu.Tensor {
			return x.Slice(x.Name, at*C, min(crops*B, y.Rows()-at), C)
		}
		s := logits.Logits(p, rows(y))
		ds := m.compare(p, s, targets, first+at/B)
		r.Show("grad.output", ds)
		logits.Backward(p, ds, rows(y), rows(dy))
	}
	return dy
}

// Update moves the center, where there is one.
func (m *dinoMethod) Update(r *Recording) {
	if m.config.Centering == settings.CenteringMean {
		m.loss.UpdateCenter(r.Program, 2*m.config.StepImages())
	}
}

// Kept is the center; without one it stays at zero.
func (m *dinoMethod) Kept() []Kept { return []Kept{{Name: centerName, Tensor: m.loss.Center}} }

// Tensors are all that the method named.
func (m *dinoMethod) Tensors() []gpu.Tensor {
	return []gpu.Tensor{m.loss.Center, m.loss.CenterSum, m.loss.Entropy, m.loss.Values, m.distance.Deviation}
}

// firstCrops are the numbers of the first n crops.
func firstCrops(n int) []int {
	crops := make([]int, n)
	for i := range crops {
		crops[i] = i
	}
	return crops
}
