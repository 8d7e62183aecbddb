package eval

import (
	"errors"
	"fmt"
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A LinearProbe is a linear classifier over frozen features: Weight (Classes, Dim), Bias (Classes).
type LinearProbe struct {
	LR           float64 // the rate that it was trained at, for batches of 256; 0 where that is not known
	Weight, Bias []float32
	Momentum     [2][]float32 // of both, where it is in training; else nil
}

// errDiverged ends a training that has no next step.
var errDiverged = errors.New("a loss or a gradient is not finite")

// probes are classifiers on a device, each with a rate of its own, trained and asked by batches of the same features.
type probes struct {
	d           *gpu.Device
	on          *layers.Classifiers
	train, test *gpu.Program
	logits      []gpu.Tensor // (Classes, Rows) of each, after test

	rows   []float32 // what a batch is uploaded from
	labels []uint32
}

// newProbes builds the classifiers, for training too where trains is set.
func newProbes(d *gpu.Device, c layers.ClassifierConfig, trains bool) (*probes, error) {
	on, err := layers.NewClassifiers(c)
	if err != nil {
		return nil, err
	}
	p := &probes{d: d, on: on, rows: make([]float32, on.Features.Len()), labels: make([]uint32, c.Rows())}
	p.test = gpu.NewProgram("classifiers", d.Target())
	for i := range c.Count {
		p.logits = append(p.logits, p.test.Pin(on.Logits(p.test, i)))
	}
	err = p.test.Build(d)
	if trains && err == nil {
		p.train = gpu.NewProgram("classifiers' step", d.Target())
		on.Train(p.train)
		err = errors.Join(p.train.Build(d), on.Upload(d))
	}
	if err != nil {
		p.release()
		return nil, fmt.Errorf("%d classes over %d features, in batches of %d: %w", c.Classes, c.Dim, c.Batch, err)
	}
	return p, nil
}

func (p *probes) release() {
	p.test.Release()
	if p.train != nil {
		p.train.Release()
	}
	p.on.Release()
}

// put writes a classifier's weights, and its momentum where there is one.
func (p *probes) put(i int, x LinearProbe) error {
	c := p.on.All[i]
	if err := p.on.Write(p.d, c.Weights, x.Weight, x.Bias); err != nil {
		return err
	}
	if x.Momentum[0] == nil {
		return nil
	}
	return p.on.Write(p.d, c.Momentum, x.Momentum[0], x.Momentum[1])
}

// get reads them back, with the momentum where that is asked for.
func (p *probes) get(i int, momentum bool) (x LinearProbe, err error) {
	c := p.on.All[i]
	if x.Weight, x.Bias, err = p.on.Read(p.d, c.Weights); err == nil && momentum {
		x.Momentum[0], x.Momentum[1], err = p.on.Read(p.d, c.Momentum)
	}
	return x, err
}

// setRate is the rate of a classifier's next steps.
func (p *probes) setRate(i int, rate float64) error {
	return p.d.Write(p.on.All[i].Scalars, layers.Scalars{LearningRate: float32(rate)}.Values())
}

// load puts a batch on the device.
func (p *probes) load(b rowBatch) error {
	c := p.on.Config
	if len(b.labels) > c.Batch || len(b.features) != len(b.labels)*c.Dim {
		return fmt.Errorf("%d features of %d values do not fit batches of %d of %d", len(b.labels), len(b.features)/max(1, len(b.labels)), c.Batch, c.Dim)
	}
	clear(p.rows)
	for r := range p.labels {
		p.labels[r] = layers.NoLabel
		if r >= len(b.labels) {
			continue
		}
		row := p.rows[r*c.Cols():]
		copy(row, b.features[r*c.Dim:(r+1)*c.Dim])
		row[c.Dim] = 1
		if b.labels[r] != NoClass {
			p.labels[r] = uint32(b.labels[r])
		}
	}
	if err := p.d.Write(p.on.Features, p.rows); err != nil {
		return err
	}
	return p.d.WriteBits(p.on.Labels, p.labels)
}

// step trains on a batch, the mean of whose losses before it is returned for each classifier.
func (p *probes) step(b rowBatch) ([]float64, error) {
	if err := p.load(b); err != nil {
		return nil, err
	}
	if err := p.d.Write(p.on.Step, []float32{1 / float32(len(b.labels))}); err != nil {
		return nil, err
	}
	if err := p.train.Run(); err != nil {
		return nil, err
	}
	all := make([]float64, len(p.on.All))
	losses, flag := make([]float32, p.on.Config.Rows()), make([]float32, 1)
	for i, c := range p.on.All {
		if err := p.d.Read(c.Losses, losses); err != nil {
			return nil, err
		}
		if err := p.d.Read(c.NonFinite, flag); err != nil {
			return nil, err
		}
		for _, v := range losses {
			all[i] += float64(v) / float64(len(b.labels))
		}
		if math.IsNaN(all[i]-all[i]) || gpu.Bits(flag)[0] != 0 {
			return nil, errDiverged
		}
	}
	return all, nil
}

// ask gives the logits (Classes, Rows) of classifier i for the batch that was loaded, after run.
func (p *probes) ask(i int, to []float32) error { return p.test.Read(p.logits[i], to) }
