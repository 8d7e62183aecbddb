package layers

import (
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// distanceInputs makes a Distance whose tensors hold noise.
func distanceInputs(in *inputs, B, V, K int, weight float64) *Distance {
	s := Scalars{BatchShare: 1}
	return &Distance{
		Batch: B, Weight: weight, Values: in.noise("loss", V*B), Deviation: in.noise("deviation", K),
		Sums: in.values("sums", []float32{0, 0}, 2), Scalars: in.values("scalars", s.Values(), scalarCount),
		NonFinite: in.values("nonfinite", []float32{0}, 1),
	}
}

// The mean squared distance to centered targets, between unit rows and as they are, as PyTorch in float64.
func TestSquaredDistance(t *testing.T) {
	g := golden.Open(t, "targets.safetensors")
	B, K := g.Shape("teacher")[0]/2, g.Shape("teacher")[1]
	V := g.Shape("student")[0] / B
	pairs := float64(2*V - 2)
	t.Run("unit", func(t *testing.T) {
		eachTarget(t, func(t *testing.T, p *gpu.Program) {
			var in inputs
			l := distanceInputs(&in, B, V, K, 1/(pairs*float64(B)))
			u := UnitTargets(p, in.golden(g, "teacher"), in.values("center", g.Float32s("center"), K))
			var norm RowNorm
			y := norm.Forward(p, in.golden(g, "student"))
			dx := norm.Backward(p, l.Student(p, y, u, 0))
			l.Spread(p, u)
			l.Sum(p)
			in.goldens(t, p, []wanted{
				{"gradient", dx, g.Float32s("mse_l2.grad"), 1e-4},
				{"loss", l.Sums.Slice("sums", 0, 1), []float32{float32(g.Float64s("mse_l2.loss")[0])}, 1e-5},
			})
		})
	})
	t.Run("plain", func(t *testing.T) {
		eachTarget(t, func(t *testing.T, p *gpu.Program) {
			var in inputs
			l := distanceInputs(&in, B, V, K, 1/(pairs*float64(B)*float64(K)))
			teacher, center := g.Float32s("teacher"), g.Float32s("center")
			for i := range teacher {
				teacher[i] -= center[i%K]
			}
			dy := l.Student(p, in.golden(g, "student"), in.values("targets", teacher, 2*B, K), 0)
			in.goldens(t, p, []wanted{{"gradient", dy, g.Float32s("mse_plain.grad"), 1e-4}})
		})
	})
}

func TestDistanceShapes(t *testing.T) {
	for _, c := range []struct{ B, V, K int }{{1, 2, 1}, {1, 4, 4}, {3, 5, 7}, {5, 3, 96}, {33, 2, 130}, {1, 2, 65535}} {
		t.Run(fmt.Sprintf("B=%d,V=%d,K=%d", c.B, c.V, c.K), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				l := distanceInputs(&in, c.B, c.V, c.K, 0.3)
				u := in.noise("targets", 2*c.B, c.K)
				l.Student(p, in.noise("y", 2*c.B, c.K), u, 0)
				if c.V > 2 {
					l.Student(p, in.noise("z", (c.V-2)*c.B, c.K), u, 2)
				}
				l.Spread(p, u)
				l.Sum(p)
				UnitTargets(p, u, in.noise("center", c.K))
				in.check(t, p)
			})
		})
	}
}
