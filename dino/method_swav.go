package dino

import (
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// swav is SwAV as released (arXiv 2006.09882): one network, whose scores for a crop learn how the other global crop's images are
// shared out over prototypes, by Sinkhorn-Knopp on each global crop. There is no teacher; who asks for one gets the network.
//
// Prototypes are made unit rows in the weights when a step begins. The row "SwAV" of DINO's tables is another run: DINO's head
// and loss with `teacher` copy and `centering` sinkhorn.
type swav struct {
	config settings.Config
	shared Shared
	loss   layers.Loss
	queue  gpu.Tensor         // (2, Q, D): of the first and of the second global crop; none with a length of 0
	codes  [2]layers.Gathered // what goes into them
}

func newSwAV(c settings.Config, sh Shared) Method {
	B, D := c.BatchSize, c.HeadBottleneck
	m := &swav{config: c, shared: sh, loss: layers.Loss{
		Batch: B, Crops: c.Crops(), Entropy: gpu.NewTensor("entropy", 2*B), Values: gpu.NewTensor("loss", c.Crops()*B),
		Sums: sh.Sums, Scalars: sh.Scalars, NonFinite: sh.NonFinite,
	}}
	if c.QueueLength > 0 {
		m.queue = gpu.NewTensor("queue", 2, c.QueueLength, D)
		for i, name := range []string{"codes.0", "codes.1"} {
			m.codes[i] = layers.NewGathered(name, c.Accumulate, B, D, sh.NonFinite)
		}
	}
	return m
}

func (m *swav) projection() layers.MLPConfig {
	c := m.config
	return mlpOf(c, c.Backbone().Width(), c.HeadLayers, c.HeadBottleneck, false)
}

const swavPrototypes = settings.HeadPrefix + "prototypes.weight"

// Crops: all through the student.
func (m *swav) Crops() (student, teacher []int) { return firstCrops(m.config.Crops()), nil }

// AddParams appends the projection and the prototypes.
func (m *swav) AddParams(l *layers.Params) {
	c := m.config
	m.projection().AddParams(l, settings.HeadPrefix+"projection")
	l.Add(layers.Param{
		Name: swavPrototypes, Shape: []int{c.OutDim, c.HeadBottleneck}, Init: layers.Init{FanIn: c.HeadBottleneck},
		Decay: true, LastLayer: true,
	})
}

// Multiplies are those of projection and prototypes.
func (m *swav) Multiplies() (student, teacher float64) {
	return m.projection().Multiplies() + float64(m.config.HeadBottleneck*m.config.OutDim), 0
}

// Begin makes the prototypes unit rows.
func (m *swav) Begin(r *Recording) {
	layers.NormalizeRows(r.Program, r.Student.Tensor(swavPrototypes))
	if !m.queue.IsZero() {
		for i := range m.codes {
			m.codes[i].Begin(r.Program)
		}
	}
}

// Batch records the scores of all crops, which are one batch of the head's norm, targets from those of the global crops, the
// loss and back.
func (m *swav) Batch(r *Recording) {
	p, B, D := r.Program, r.Batch, m.config.HeadBottleneck
	features, backward := r.Joined(r.StudentPasses())
	projection := layers.NewMLP(m.projection(), settings.HeadPrefix+"projection", r.Student, r.Gradients, layers.Training)
	var norm layers.RowNorm
	y := norm.Forward(p, projection.Forward(p, features))
	prototypes := scores{r.Student.Tensor(swavPrototypes), r.Gradients.Tensor(swavPrototypes)}
	targets := m.targets(r, prototypes, y)
	r.Show("target", targets)
	dy := p.Scratch("head.dy", y.Shape...)
	crops := chunkOf(m.shared, m.config.OutDim, B, D)
	for at := 0; at < y.Rows(); at += crops * B {
		rows := func(x gpu.Tensor) gpu.Tensor { return x.Slice(x.Name, at*D, min(crops*B, y.Rows()-at), D) }
		s := prototypes.Logits(p, rows(y))
		m.loss.Student(p, s, targets, at/B) // scores become their gradient
		r.Show("grad.output", s)
		prototypes.Backward(p, s, rows(y), rows(dy))
	}
	backward(projection.Backward(p, norm.Backward(p, dy)))
	m.loss.Sum(p)
}

// targets records how the images of each global crop are shared out over prototypes, (2B, K). No gradient goes there.
func (m *swav) targets(r *Recording, prototypes scores, y gpu.Tensor) gpu.Tensor {
	p, B, D, K, Q := r.Program, r.Batch, m.config.HeadBottleneck, m.config.OutDim, m.config.QueueLength
	if m.queue.IsZero() {
		q := prototypes.Logits(p, layers.Part(p, y, 0, 2*B, D))
		m.loss.Sinkhorn(p, q, m.config.SinkhornIterations, true)
		return q
	}
	var targets, entropies []gpu.Tensor
	for i := range m.codes {
		code := layers.Part(p, y, i*B*D, B, D)
		m.codes[i].Add(p, code)
		all := layers.Concat(p, m.queueOf(i), code)
		q, h := prototypes.Logits(p, all), p.Scratch("queue.entropy", Q+B)
		m.loss.SinkhornQueued(p, q, h, m.config.SinkhornIterations)
		targets, entropies = append(targets, layers.Part(p, q, Q*K, B, K)), append(entropies, layers.Part(p, h, Q, B))
	}
	layers.CopyInto(p, layers.Concat(p, entropies...), m.loss.Entropy)
	return layers.Concat(p, targets...)
}

// queueOf is a global crop's, (Q, D).
func (m *swav) queueOf(i int) gpu.Tensor {
	n := m.config.QueueLength * m.config.HeadBottleneck
	return m.queue.Slice("queue", i*n, m.config.QueueLength, m.config.HeadBottleneck)
}

// Update puts the step's outputs into the queues.
func (m *swav) Update(r *Recording) {
	if m.queue.IsZero() {
		return
	}
	for i := range m.codes {
		layers.ShiftQueue(r.Program, m.codes[i].Rows, m.queueOf(i), m.shared.Scalars, m.shared.NonFinite)
	}
}

// Schedule: queues begin to fill after some epochs, and are used once they are full.
func (m *swav) Schedule(v StepValues, stepsPerEpoch int, s *layers.Scalars) {
	filled := (v.Step - m.config.EpochQueueStarts*stepsPerEpoch) * m.config.StepImages()
	if filled >= 0 {
		s.QueueFills = 1
	}
	if filled >= m.config.QueueLength {
		s.QueueUsed = 1
	}
}

// Kept is the queue, where there is one.
func (m *swav) Kept() []Kept {
	if m.queue.IsZero() {
		return nil
	}
	return []Kept{{Name: "queue", Tensor: m.queue}}
}

// Tensors are all that the method named.
func (m *swav) Tensors() []gpu.Tensor {
	tensors := []gpu.Tensor{m.loss.Entropy, m.loss.Values}
	if !m.queue.IsZero() {
		tensors = append(tensors, m.queue, m.codes[0].Rows, m.codes[0].Count, m.codes[1].Rows, m.codes[1].Count)
	}
	return tensors
}

// Metrics: the entropy of the targets, and what the loss is above it.
func (m *swav) Metrics(sums []float64, s *StepMetrics) { s.Entropy, s.KL = sums[1], sums[0]-sums[1] }

// scores are what unit rows are to the prototypes' weights (K, D).
type scores struct{ weight, gradient gpu.Tensor }

// Logits records y w^T, (R, K).
func (s scores) Logits(p *gpu.Program, y gpu.Tensor) gpu.Tensor {
	return layers.MatMul(p, layers.NT, y, s.weight, p.Scratch("scores", y.Rows(), s.weight.Rows()), layers.Epilogue{})
}

// Backward records dy from the gradient of the scores, and adds to the prototypes'.
func (s scores) Backward(p *gpu.Program, dscores, y, dy gpu.Tensor) {
	layers.MatMul(p, layers.TN, dscores, y, s.gradient, layers.Epilogue{Accumulate: true})
	layers.MatMul(p, layers.NN, dscores, s.weight, dy, layers.Epilogue{})
}
