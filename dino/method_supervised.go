package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// supervised learns the images' classes from the first global crop, by one linear layer over the features and cross entropy
// with smoothed labels, as DeiT (arXiv 2012.12877). There is no teacher; who asks for one gets the network.
type supervised struct {
	remembersNothing

	config settings.Config
	loss   layers.SoftTargets
	values []float32 // staging of targets
}

func newSupervised(c settings.Config, sh Shared) Method {
	B := c.BatchSize
	return &supervised{config: c, values: make([]float32, B*c.Classes), loss: layers.SoftTargets{
		Targets: gpu.NewTensor("targets", B, max(c.Classes, 1)), Values: gpu.NewTensor("loss", B), Hits: gpu.NewTensor("hits", B),
		Sums: sh.Sums, Scalars: sh.Scalars, NonFinite: sh.NonFinite,
	}}
}

func (m *supervised) classifier() layers.MLPConfig {
	return layers.MLPConfig{Widths: []int{m.config.Backbone().Width(), max(m.config.Classes, 1)}, Activation: layers.GELU}
}

const supervisedHead = "head"

// Crops: the first one.
func (m *supervised) Crops() (student, teacher []int) { return firstCrops(1), nil }

// AddParams appends the classifier.
func (m *supervised) AddParams(l *layers.Params) { m.classifier().AddParams(l, supervisedHead) }

// Multiplies are the classifier's.
func (m *supervised) Multiplies() (student, teacher float64) { return m.classifier().Multiplies(), 0 }

// Batch records logits, their loss, and back.
func (m *supervised) Batch(r *Recording) {
	p := r.Program
	features, backward := r.Joined(r.StudentPasses())
	head := layers.NewMLP(m.classifier(), supervisedHead, r.Student, r.Gradients, layers.Training)
	logits := head.Forward(p, features)
	m.loss.Learn(p, logits)
	r.Show("grad.output", logits)
	backward(head.Backward(p, logits))
}

// Upload writes a batch's targets: labels, smoothed over all classes.
func (m *supervised) Upload(d *gpu.Device, b *augment.Batch) error {
	C, spread := m.config.Classes, float32(m.config.LabelSmoothing)
	for i, label := range b.Labels {
		if label < 0 || label >= C {
			return fmt.Errorf("batch %d: image %d is of class %d, the classes are 0 to %d: `method` supervised needs a folder of images for each class, or an idx file with labels", b.N, b.Images[i], label, C-1)
		}
		row := m.values[i*C : i*C+C]
		for k := range row {
			row[k] = spread / float32(C)
		}
		row[label] += 1 - spread
	}
	return d.Write(m.loss.Targets, m.values)
}

// Tensors are all that the method named.
func (m *supervised) Tensors() []gpu.Tensor {
	return []gpu.Tensor{m.loss.Targets, m.loss.Values, m.loss.Hits}
}

// Metrics: how often the network is right of the crops that it learns from.
func (m *supervised) Metrics(sums []float64, s *StepMetrics) { s.TrainTop1 = 100 * sums[1] }
