package dino

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/dinogpu/dinogpu/layers"
)

// initialWeights draws a fresh network's weights, in the order of the layout, each as its Init says. Each tensor has
// a random stream of its own, keyed by the seed and its name.
func initialWeights(l *layers.Params, seed uint64) []layers.HostTensor {
	tensors := make([]layers.HostTensor, len(l.List))
	for i, p := range l.List {
		tensors[i] = layers.HostTensor{Name: p.Name, Shape: p.Shape, Values: make([]float32, p.Len())}
		draw(tensors[i], p.Init, seed)
	}
	return tensors
}

func draw(t layers.HostTensor, init layers.Init, seed uint64) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(t.Name)) // a hash takes everything
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	bound := 1 / math.Sqrt(float64(init.FanIn))
	for i := range t.Values {
		switch {
		case init.Normal > 0:
			t.Values[i] = float32(init.Normal * r.NormFloat64())
		case init.FanIn > 0:
			t.Values[i] = float32(bound * (2*r.Float64() - 1))
		default:
			t.Values[i] = init.Constant
		}
	}
}
