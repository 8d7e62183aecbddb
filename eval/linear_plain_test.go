package eval

import (
	"math"
	"slices"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// A plainProbe trains a linear classifier by plain loops in float64, with the mistakes that are usually made.
type plainProbe struct {
	Linear                      // its Epochs and Batch
	CosineByStep, Nesterov bool // the rate falls with each step; the gradient is looked at ahead
}

// train goes through features in an epoch's order each, from a classifier on, and gives the weights that come out.
func (o plainProbe) train(x Features, orders [][]int, lr float64, from LinearProbe) []float32 {
	dim, classes := x.Dim, len(from.Bias)
	row := dim + 1 // the bias is the last
	w, velocity := make([]float64, classes*row), make([]float64, classes*row)
	for c := range classes {
		for j, v := range from.Weight[c*dim : (c+1)*dim] {
			w[c*row+j] = float64(v)
		}
		w[c*row+dim] = float64(from.Bias[c])
	}
	for epoch, order := range orders {
		steps, step := float64((len(order)+o.Batch-1)/o.Batch), 0.0
		for batch := range slices.Chunk(order, o.Batch) {
			rate := o.rate(lr, epoch)
			if o.CosineByStep {
				rate = lr * float64(o.Batch) / 256 * 0.5 * (1 + math.Cos(math.Pi*(float64(epoch)+step/steps)/float64(o.Epochs)))
			}
			step++
			gradient := make([]float64, len(w))
			for _, i := range batch {
				values := x.Values[i*dim : (i+1)*dim]
				scores, sum := make([]float64, classes), 0.0
				for c := range scores {
					at := w[c*row+dim]
					for j, v := range values {
						at += w[c*row+j] * float64(v)
					}
					scores[c] = math.Exp(at)
					sum += scores[c]
				}
				for c, s := range scores {
					g := s / sum / float64(len(batch))
					if c == x.Labels[i] {
						g -= 1 / float64(len(batch))
					}
					for j, v := range values {
						gradient[c*row+j] += g * float64(v)
					}
					gradient[c*row+dim] += g
				}
			}
			for k, g := range gradient {
				velocity[k] = 0.9*velocity[k] + g
				if o.Nesterov {
					w[k] -= rate * (g + 0.9*velocity[k])
				} else {
					w[k] -= rate * velocity[k]
				}
			}
		}
	}
	var out []float32
	for c := range classes {
		for _, v := range w[c*row : c*row+dim] {
			out = append(out, float32(v))
		}
	}
	return out
}

// probeMistakes are how far the usual mistakes, and none, land from weights that a training of x gave.
func probeMistakes(t *testing.T, l Linear, x Features, orders [][]int, lr float64, from LinearProbe, want []float32) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	for name, o := range map[string]plainProbe{
		"no mistake": {Linear: l}, "cosine by step": {Linear: l, CosineByStep: true}, "Nesterov": {Linear: l, Nesterov: true},
	} {
		all[name] = off(t, o.train(x, orders, lr, from), want)
	}
	return all
}

// The usual mistakes land as far from the reference's weights as is written in testdata/golden/README-evals.md.
func TestLinearTrainingSeesMistakes(t *testing.T) {
	g := golden.Open(t, "linear.safetensors")
	x := Features{Dim: g.Shape("probe.train.features")[1], Values: g.Float32s("probe.train.features"), Labels: g.Ints("probe.train.labels")}
	from := LinearProbe{Weight: g.Float32s("probe.init.weight"), Bias: g.Float32s("probe.init.bias")}
	orders := slices.Collect(slices.Chunk(g.Ints("probe.order"), x.Len()))
	lands := map[string][2]float64{"no mistake": {0, 1e-6}, "cosine by step": {.012, 5e-4}, "Nesterov": {.004, 5e-4}}
	l := Linear{Epochs: g.Int("epochs"), Batch: g.Int("batch")}
	for name, got := range probeMistakes(t, l, x, orders, g.Float("base_lr"), from, g.Float32s("probe.epoch2.weight")) {
		if at := lands[name]; math.Abs(got-at[0]) > at[1] {
			t.Errorf("%s lands %.5f away, want %.3f", name, got, at[0])
		}
	}
}
