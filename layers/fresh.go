package layers

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// Fresh draws a new network's weights, in the order of the layout, each as its Init says. Each tensor has a random stream
// of its own, keyed by the seed and its name: what one holds does not hang on which others there are.
func (l *Params) Fresh(seed uint64) []HostTensor {
	tensors := make([]HostTensor, len(l.List))
	for i, p := range l.List {
		tensors[i] = p.Fresh(seed)
	}
	return tensors
}

// Fresh draws this one tensor.
func (p Param) Fresh(seed uint64) HostTensor {
	t := HostTensor{Name: p.Name, Shape: p.Shape, Values: make([]float32, p.Len())}
	h := fnv.New64a()
	_, _ = h.Write([]byte(p.Name)) // a hash takes everything
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	bound := 1 / math.Sqrt(float64(p.Init.FanIn))
	for i := range t.Values {
		switch {
		case p.Init.Normal > 0:
			t.Values[i] = float32(p.Init.Normal * r.NormFloat64())
		case p.Init.FanIn > 0:
			t.Values[i] = float32(bound * (2*r.Float64() - 1))
		default:
			t.Values[i] = p.Init.Constant
		}
	}
	return t
}
