package dino

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/dinogpu/dinogpu/layers"
)

// InitialWeights draws a fresh network's weights, in the order of the layout. Each tensor has a random
// stream of its own, keyed by the seed and its name. Distributions are the reference's: linear weights, class
// token and positions normal with deviation 0.02 (its truncation at +-2 is a hundred deviations away), biases 0,
// norms 1 and 0, the patch convolution and weight_v uniform as PyTorch's defaults, weight_g 1.
func InitialWeights(l *layers.Params, seed uint64) []layers.HostTensor {
	tensors := make([]layers.HostTensor, len(l.List))
	patchFanIn := 1
	for i, p := range l.List {
		if len(p.Shape) == 4 {
			patchFanIn = p.Shape[1] * p.Shape[2] * p.Shape[3] // the convolution's weight, and its bias after it
		}
		tensors[i] = layers.HostTensor{Name: p.Name, Shape: p.Shape, Values: make([]float32, p.Len())}
		fill(p, tensors[i].Values, seed, patchFanIn)
	}
	return tensors
}

func fill(p layers.Param, v []float32, seed uint64, fanIn int) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(p.Name)) // a hash takes everything
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	uniform := func(fanIn int) {
		bound := 1 / math.Sqrt(float64(fanIn))
		for i := range v {
			v[i] = float32(bound * (2*r.Float64() - 1))
		}
	}
	switch {
	case strings.Contains(p.Name, "patch_embed.proj"):
		uniform(fanIn)
	case strings.HasSuffix(p.Name, "weight_v"):
		uniform(p.Shape[1])
	case strings.HasSuffix(p.Name, "weight_g"):
		constant(v, 1)
	case strings.Contains(p.Name, "norm") && strings.HasSuffix(p.Name, ".weight"):
		constant(v, 1)
	case strings.HasSuffix(p.Name, ".bias"):
		constant(v, 0)
	default:
		for i := range v {
			v[i] = float32(0.02 * r.NormFloat64())
		}
	}
}

func constant(v []float32, c float32) {
	for i := range v {
		v[i] = c
	}
}
