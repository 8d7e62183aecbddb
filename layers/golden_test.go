package layers

import (
	"math"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// pixels are a golden map (N, C, H, W) as rows (N*H*W, C); rows stay as they are.
func pixels(g *golden.File, name string) (rows []float32, R, C int) {
	v, s := g.Float32s(name), g.Shape(name)
	if len(s) == 2 {
		return v, s[0], s[1]
	}
	N, C, area := s[0], s[1], s[2]*s[3]
	rows = make([]float32, len(v))
	for i, x := range v {
		n, c, at := i/area/C, i/area%C, i%area
		rows[(n*area+at)*C+c] = x
	}
	return rows, N * area, C
}

// pixels adds a golden map as a tensor (N*H*W, C).
func (in *inputs) pixels(g *golden.File, name string) gpu.Tensor {
	v, R, C := pixels(g, name)
	return in.values(name, v, R, C)
}

// golden adds a golden tensor as it is.
func (in *inputs) golden(g *golden.File, name string) gpu.Tensor {
	return in.values(name, g.Float32s(name), g.Shape(name)...)
}

// A wanted tensor is what a program should make of its inputs.
type wanted struct {
	name      string
	t         gpu.Tensor
	want      []float32
	tolerance float64 // of the largest entry
}

// goldens builds p, uploads the inputs, runs each kernel beside its twin, and holds tensors beside golden ones.
func (in inputs) goldens(t *testing.T, p *gpu.Program, all []wanted) {
	t.Helper()
	for _, w := range all {
		if p.Err() == nil {
			p.Pin(w.t)
		}
	}
	err := in.run(p, func() error {
		if err := p.Check(); err != nil {
			return err
		}
		for _, w := range all {
			got := make([]float32, w.t.Len())
			if err := p.Read(w.t, got); err != nil {
				return err
			}
			if off := offBy(got, w.want); !(off <= w.tolerance) {
				t.Errorf("%s is off by %.2g of its largest entry, more than %.2g", w.name, off, w.tolerance)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// offBy is the largest difference over the largest entry wanted.
func offBy(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var off, most float64
	for i := range want {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsNaN(d) {
			return d
		}
		off, most = max(off, d), max(most, math.Abs(float64(want[i])))
	}
	if off == 0 {
		return 0
	}
	return off / most
}
