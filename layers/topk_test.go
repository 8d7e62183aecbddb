package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// tied makes a tensor of similarities with many equal values.
func (in *inputs) tied(name string, Q, N int) gpu.Tensor {
	r := rand.New(rand.NewPCG(uint64(Q), uint64(N)))
	v := make([]float32, Q*N)
	for i := range v {
		v[i] = float32(math.Round(20*r.NormFloat64())) / 20
	}
	return in.values(name, v, Q, N)
}

func TestTopK(t *testing.T) {
	for _, c := range []struct{ Q, N, k, count int }{
		{1, 1, 1, 1},
		{3, 7, 5, 7},
		{2, 3, 9, 3}, // fewer than asked for
		{5, 130, 20, 129},
		{2, 64, 1, 0}, // an empty chunk
		{33, 200, 64, 200},
		{2, 8000, 200, 7999},
		{2, 500, MaxTopK, 500},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				values := in.noise("values", c.Q, c.k)
				numbers := in.noise("numbers", c.Q, c.k)
				N := min(c.N, TopKChunk(c.k))
				one, two := in.tied("one", c.Q, N), in.noise("two", c.Q, N)
				again := in.tied("again", c.Q, N)
				TopK(p, one, values, numbers, in.values("chunk", bits(0, uint32(c.count), 1, 0), 4))
				TopK(p, two, values, numbers, in.values("chunk", bits(uint32(N), uint32(c.count), 0, 0), 4))
				TopK(p, again, values, numbers, in.values("chunk", bits(uint32(2*N), uint32(c.count), 0, 0), 4))
				in.check(t, p)
			})
		})
	}
}

// NaN is never found, and never makes the search hang or read elsewhere.
func TestTopKLeavesNaNOut(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		s := in.tied("similarities", 3, 150)
		for i := range in[0].value {
			if i%7 == 0 || i > 300 {
				in[0].value[i] = float32(math.NaN())
			}
		}
		TopK(p, s, in.noise("values", 3, 40), in.noise("numbers", 3, 40), in.values("chunk", bits(5, 150, 1, 0), 4))
		in.check(t, p)
	})
}

func TestTopKRefusesLongLists(t *testing.T) {
	p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
	k := MaxTopK + 1
	TopK(p, gpu.NewTensor("s", 2, 64), gpu.NewTensor("v", 2, k), gpu.NewTensor("n", 2, k), gpu.NewTensor("c", 4))
	if p.Err() == nil {
		t.Error("a list of 1025 was recorded")
	}
}
