package eval

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// selfTestLinear tests a step of linear classifiers on d at the size of ImageNet's: class tokens of the last four blocks of
// dim values, the last batch short.
func selfTestLinear(d *gpu.Device, s *gpu.SelfTest, dim int) error {
	p, err := newProbes(d, layers.ClassifierConfig{Classes: 1000, Dim: 4 * dim, Batch: 128, Count: 1}, true)
	if err != nil {
		return err
	}
	defer p.release()
	c := p.on.Config
	noise := func(n, seed int, size float32) []float32 {
		v := make([]float32, n)
		gpu.Noise(v, uint64(seed), size)
		return v
	}
	weight, bias := noise(c.Classes*c.Dim, 1, 0.01), noise(c.Classes, 2, 0.01)
	if err := p.put(0, LinearProbe{Weight: weight, Bias: bias, Momentum: [2][]float32{weight, bias}}); err != nil {
		return err
	}
	if err := p.setRate(0, 0.1); err != nil {
		return err
	}
	b := rowBatch{features: noise((c.Batch-3)*c.Dim, 3, 1), labels: make([]int, c.Batch-3)}
	for i := range b.labels {
		b.labels[i] = i * 37 % c.Classes
	}
	if err := p.load(b); err != nil {
		return err
	}
	if err := d.Write(p.on.Step, []float32{1 / float32(len(b.labels))}); err != nil {
		return err
	}
	return s.Run(p.train)
}
