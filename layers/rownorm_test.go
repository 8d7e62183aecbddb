package layers

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestRowNorm(t *testing.T) {
	for _, c := range []struct{ N, C int }{{1, 4}, {3, 12}, {130, 64}, {5, 256}, {3, 1}, {7, 6}, {130, 37}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
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

func TestWeightNorm(t *testing.T) {
	for _, c := range []struct{ N, C int }{{1, 4}, {3, 12}, {97, 64}, {5, 256}, {3, 1}, {7, 6}, {97, 37}} {
		for _, gain := range []bool{false, true} {
			t.Run(fmt.Sprint(c, gain), func(t *testing.T) {
				eachTarget(t, func(t *testing.T, p *gpu.Program) {
					var in inputs
					var l WeightNorm
					l.Forward(p, in.noise("v", c.N, c.C), in.noise("g", c.N, 1))
					var dg gpu.Tensor
					if gain {
						dg = in.noise("dg", c.N, 1)
					}
					l.Backward(p, in.noise("dw", c.N, c.C), in.noise("dv", c.N, c.C), dg)
					in.check(t, p)
				})
			})
		}
	}
}

// A row of zeros gives zeros, and its gradient stays finite.
func TestRowNormOfZeros(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		var l RowNorm
		l.Forward(p, in.values("x", make([]float32, 24), 2, 12))
		l.Backward(p, in.noise("dy", 2, 12))
		in.check(t, p)
	})
}

// Rows shorter than the clamp of 1e-12, whose gradient is dy / 1e-12, beside one that is longer.
func TestRowNormBelowTheClamp(t *testing.T) {
	const N, C = 3, 12
	x, dy := make([]float32, N*C), make([]float32, N*C)
	gpu.Noise(x, 1, 1)
	gpu.Noise(dy, 2, 1)
	for i := range x {
		x[i] *= []float32{1e-13, 2e-13, 1e-11}[i/C]
	}
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		var l RowNorm
		l.Forward(p, in.values("x", x, N, C))
		dx := p.Pin(l.Backward(p, in.values("dy", dy, N, C)))
		got := make([]float32, N*C)
		if err := in.run(p, func() error { return errors.Join(p.Check(), p.Read(dx, got)) }); err != nil {
			t.Fatal(err)
		}
		for i, v := range got[:2*C] {
			if want := dy[i] / 1e-12; !(math.Abs(float64(v-want)) <= 1e-5*math.Abs(float64(want))) {
				t.Fatalf("dx[%d] is %g, want %g", i, v, want)
			}
		}
	})
}
