package dino

import (
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// byol is Bootstrap Your Own Latent (arXiv 2006.07733): the student's prediction for a crop is drawn to the teacher's
// projection of the other global crops, as unit vectors. The loss is a sum over two crops, and for more it is divided so that
// it stays comparable.
type byol struct {
	config   settings.Config
	distance layers.Distance
	center   layers.Loss // of projections, with `centering` mean
}

func newBYOL(c settings.Config, sh Shared) Method {
	B, D := c.BatchSize, c.HeadBottleneck
	m := &byol{config: c, distance: layers.Distance{
		Batch: B, Weight: 1 / float64((c.Crops()-1)*B), Values: gpu.NewTensor("loss", c.Crops()*B),
		Deviation: gpu.NewTensor("deviation", D), Sums: sh.Sums, Scalars: sh.Scalars, NonFinite: sh.NonFinite,
	}}
	if c.Centering == settings.CenteringMean {
		m.center = layers.Loss{
			Center: gpu.NewTensor("center", D), CenterSum: gpu.NewTensor("center.sum", D), Scalars: sh.Scalars, NonFinite: sh.NonFinite,
		}
	}
	return m
}

// projector is that of both networks, predictor the student's alone. Their last layers have no bias.
func (m *byol) projector() layers.MLPConfig {
	c := m.config
	return mlpOf(c, c.Backbone().Width(), c.HeadLayers, c.HeadBottleneck, true)
}

func (m *byol) predictor() layers.MLPConfig {
	p := mlpOf(m.config, m.config.HeadBottleneck, 2, m.config.HeadBottleneck, true)
	p.StudentOnly = true
	return p
}

// Crops: all through the student, the global ones through the teacher.
func (m *byol) Crops() (student, teacher []int) { return firstCrops(m.config.Crops()), firstCrops(2) }

// AddParams appends the projector, and the predictor where there is one.
func (m *byol) AddParams(l *layers.Params) {
	m.projector().AddParams(l, settings.HeadPrefix+"projector")
	if m.config.Predictor {
		m.predictor().AddParams(l, settings.HeadPrefix+"predictor")
	}
}

// Multiplies are those of projector and predictor.
func (m *byol) Multiplies() (student, teacher float64) {
	teacher = m.projector().Multiplies()
	if m.config.Predictor {
		return teacher + m.predictor().Multiplies(), teacher
	}
	return teacher, teacher
}

// Begin clears what the center moves to.
func (m *byol) Begin(r *Recording) {
	if !m.center.Center.IsZero() {
		r.Program.Clear(m.center.CenterSum)
	}
}

// Batch records targets, predictions of all crops, which are one batch of the head's norms, their distances, and back.
func (m *byol) Batch(r *Recording) {
	p := r.Program
	targets := m.targets(r)
	features, backward := r.Joined(r.StudentPasses())
	projector := layers.NewMLP(m.projector(), settings.HeadPrefix+"projector", r.Student, r.Gradients, layers.Training)
	y := projector.Forward(p, features)
	var predictor *layers.MLP
	if m.config.Predictor {
		predictor = layers.NewMLP(m.predictor(), settings.HeadPrefix+"predictor", r.Student, r.Gradients, layers.Training)
		y = predictor.Forward(p, y)
	}
	r.Show("student.output", y)
	var norm layers.RowNorm
	unit := norm.Forward(p, y)
	dy := norm.Backward(p, m.distance.Student(p, unit, targets, 0))
	r.Show("grad.output", dy)
	if predictor != nil {
		dy = predictor.Backward(p, dy)
	}
	backward(projector.Backward(p, dy))
	m.distance.Sum(p)
}

// targets are the teacher's unit projections of the global crops.
func (m *byol) targets(r *Recording) gpu.Tensor {
	p := r.Program
	projector := layers.NewMLP(m.projector(), settings.HeadPrefix+"projector", r.Teacher, nil, layers.Training)
	z := projector.Forward(p, layers.Concat(p, r.TeacherFeatures()...))
	r.Show("teacher.output", z)
	if !m.center.Center.IsZero() {
		m.center.Collect(p, z)
	}
	u := layers.UnitTargets(p, z, m.center.Center)
	r.Show("target", u)
	m.distance.Spread(p, u)
	return u
}

// Update moves the center, where there is one.
func (m *byol) Update(r *Recording) {
	if !m.center.Center.IsZero() {
		m.center.UpdateCenter(r.Program, 2*m.config.StepImages())
	}
}

// Kept is the center, where there is one.
func (m *byol) Kept() []Kept {
	if m.center.Center.IsZero() {
		return nil
	}
	return []Kept{{Name: centerName, Tensor: m.center.Center}}
}

// Tensors are all that the method named.
func (m *byol) Tensors() []gpu.Tensor {
	tensors := []gpu.Tensor{m.distance.Values, m.distance.Deviation}
	if !m.center.Center.IsZero() {
		tensors = append(tensors, m.center.Center, m.center.CenterSum)
	}
	return tensors
}

// Metrics: how far the targets are spread.
func (m *byol) Metrics(sums []float64, s *StepMetrics) { s.OutputStd = sums[1] }
