package dino

import (
	"math"
	"math/rand/v2"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// moco is Momentum Contrast, version 2 (arXiv 1911.05722, 2003.04297), as DINO was compared with it: a query, the student's
// unit output for a crop, has to find the teacher's for another global crop among a queue of those of earlier steps. Every
// pair counts, as with DINO, and both keys of an image go into the one queue.
type moco struct {
	config  settings.Config
	shared  Shared
	loss    layers.InfoNCE
	spread  layers.Distance
	keys    layers.Gathered
	pointer gpu.Tensor
}

func newMoCo(c settings.Config, sh Shared) Method {
	B, V, D := c.BatchSize, c.Crops(), c.HeadBottleneck
	return &moco{
		config: c, shared: sh,
		loss: layers.InfoNCE{
			Batch: B, Weight: 1 / float64((2*V-2)*B), Queue: gpu.NewTensor("queue", c.QueueLength, D),
			Values: gpu.NewTensor("loss", V*B), Hits: gpu.NewTensor("hits", V*B), Sums: sh.Sums, Scalars: sh.Scalars, NonFinite: sh.NonFinite,
		},
		spread:  layers.Distance{Deviation: gpu.NewTensor("deviation", D)},
		keys:    layers.NewGathered("keys", c.Accumulate, 2*B, D, sh.NonFinite),
		pointer: gpu.NewTensor("queue_ptr", 1),
	}
}

func (m *moco) head() layers.MLPConfig {
	c := m.config
	return mlpOf(c, c.Backbone().Width(), c.HeadLayers, c.HeadBottleneck, false)
}

// Crops: all through the student, the global ones through the teacher.
func (m *moco) Crops() (student, teacher []int) { return firstCrops(m.config.Crops()), firstCrops(2) }

// AddParams appends the head.
func (m *moco) AddParams(l *layers.Params) { m.head().AddParams(l, mocoHead) }

// mocoHead stands before the numbers of the head's layers, which is all there is to it.
const mocoHead = "head"

// Multiplies are the head's, and the queue's scores.
func (m *moco) Multiplies() (student, teacher float64) {
	n := m.head().Multiplies()
	return n + float64(m.config.HeadBottleneck*m.config.QueueLength), n
}

// Begin empties what gathers the step's keys.
func (m *moco) Begin(r *Recording) { m.keys.Begin(r.Program) }

// Batch records keys, queries of all crops, which are one batch of the head's norms, their loss against keys and queue, and
// back. The keys join the queue after the step.
func (m *moco) Batch(r *Recording) {
	p := r.Program
	keys := m.keysOf(r)
	features, backward := r.Joined(r.StudentPasses())
	head := layers.NewMLP(m.head(), mocoHead, r.Student, r.Gradients, layers.Training)
	y := head.Forward(p, features)
	r.Show("student.output", y)
	var norm layers.RowNorm
	unit := norm.Forward(p, y)
	d := p.Scratch("query.dy", y.Shape...)
	D, crops := y.Cols(), chunkOf(m.shared, m.config.QueueLength, r.Batch, y.Cols())
	for at := 0; at < y.Rows(); at += crops * r.Batch {
		rows := func(x gpu.Tensor) gpu.Tensor { return x.Slice(x.Name, at*D, min(crops*r.Batch, y.Rows()-at), D) }
		m.loss.Student(p, rows(unit), keys, rows(d), at/r.Batch)
	}
	dy := norm.Backward(p, d)
	r.Show("grad.output", dy)
	backward(head.Backward(p, dy))
	m.loss.Sum(p)
	m.keys.Add(p, keys)
}

// keysOf are the teacher's unit outputs for the global crops.
func (m *moco) keysOf(r *Recording) gpu.Tensor {
	p := r.Program
	z := layers.NewMLP(m.head(), mocoHead, r.Teacher, nil, layers.Training).Forward(p, layers.Concat(p, r.TeacherFeatures()...))
	r.Show("teacher.output", z)
	keys := layers.UnitTargets(p, z, gpu.Tensor{})
	m.spread.Spread(p, keys)
	layers.AddMean(p, m.spread.Deviation, m.shared.Sums, 2)
	return keys
}

// Update puts the step's keys into the queue.
func (m *moco) Update(r *Recording) {
	layers.PushRing(r.Program, m.keys.Rows, m.loss.Queue, m.pointer, m.shared.NonFinite)
}

// Kept are the queue, random unit rows at first, and where the next keys go.
func (m *moco) Kept() []Kept {
	return []Kept{{Name: "queue", Tensor: m.loss.Queue, Fresh: m.freshQueue}, {Name: "queue_ptr", Tensor: m.pointer}}
}

func (m *moco) freshQueue(seed uint64) []float32 {
	D := m.config.HeadBottleneck
	queue := make([]float32, m.loss.Queue.Len())
	normal := rand.New(rand.NewPCG(seed, 0x6d6f636f))
	for i := range queue {
		queue[i] = float32(normal.NormFloat64())
	}
	for at := 0; at < len(queue); at += D {
		row, sum := queue[at:at+D], 0.0
		for _, v := range row {
			sum += float64(v) * float64(v)
		}
		for i := range row {
			row[i] = float32(float64(row[i]) / math.Max(math.Sqrt(sum), 1e-12))
		}
	}
	return queue
}

// Tensors are all that the method named.
func (m *moco) Tensors() []gpu.Tensor {
	return []gpu.Tensor{m.loss.Queue, m.loss.Values, m.loss.Hits, m.spread.Deviation, m.keys.Rows, m.keys.Count, m.pointer}
}

// Metrics: how often a query finds its key, and how far the keys are spread.
func (m *moco) Metrics(sums []float64, s *StepMetrics) {
	s.PositiveTop1, s.OutputStd = 100*sums[1], sums[2]
}
