package layers

import (
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestRowNorm(t *testing.T) {
	for _, c := range []struct{ N, C int }{{1, 4}, {3, 12}, {65, 256}, {2, 1000}} {
		t.Run(fmt.Sprintf("N=%d,C=%d", c.N, c.C), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				var l RowNorm
				l.Forward(p, in.noise("x", c.N, c.C))
				l.Backward(p, in.noise("dy", c.N, c.C))
				in.check(t, p)
			})
		})
	}
}

// A row of zeros must give zeros, and its gradient must stay finite.
func TestRowNormOfZeros(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		var l RowNorm
		l.Forward(p, in.values("x", make([]float32, 24), 2, 12))
		l.Backward(p, in.noise("dy", 2, 12))
		in.check(t, p)
	})
}

func TestWeightNorm(t *testing.T) {
	for _, c := range []struct{ K, D int }{{1, 4}, {5, 12}, {65, 256}, {2000, 64}} {
		t.Run(fmt.Sprintf("K=%d,D=%d", c.K, c.D), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				l := WeightNorm{V: in.noise("v", c.K, c.D), G: in.noise("g", c.K)}
				l.Forward(p)
				dw, dV := in.noise("dw", c.K, c.D), in.noise("dv", c.K, c.D)
				l.Backward(p, dw, dV, gpu.Tensor{})
				l.Backward(p, dw, dV, in.noise("dg", c.K))
				in.check(t, p)
			})
		})
	}
}
