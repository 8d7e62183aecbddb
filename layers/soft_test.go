package layers

import (
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// softInputs makes SoftTargets of rows that sum to 1.
func softInputs(in *inputs, q []float32, R, K int) *SoftTargets {
	s := Scalars{BatchShare: 1}
	return &SoftTargets{
		Targets: in.values("targets", q, R, K), Values: in.noise("loss", R), Hits: in.noise("hits", R),
		Sums: in.values("sums", make([]float32, 4), 4), Scalars: in.values("scalars", s.Values(), scalarCount),
		NonFinite: in.values("nonfinite", []float32{0}, 1),
	}
}

// Smoothed labels: the share that is taken off is spread over all classes, the right one too, as PyTorch does.
func TestSmoothedLabels(t *testing.T) {
	g := golden.Open(t, "targets.safetensors")
	const K = 10
	labels := g.Ints("smooth.labels")
	student, all := g.Float32s("student"), g.Shape("student")[1]
	for name, smoothing := range map[string]float32{"smooth0.0": 0, "smooth0.1": 0.1} {
		t.Run(name, func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				q, s := make([]float32, len(labels)*K), make([]float32, len(labels)*K)
				for i, label := range labels {
					for k := range K {
						q[i*K+k] = smoothing / K
						s[i*K+k] = student[i*all+k]
					}
					q[i*K+label] += 1 - smoothing
				}
				var in inputs
				l := softInputs(&in, q, len(labels), K)
				x := in.values("logits", s, len(labels), K)
				l.Learn(p, x)
				in.goldens(t, p, []wanted{
					{"gradient", x, g.Float32s(name + ".grad"), 1e-4},
					{"loss", l.Sums.Slice("sums", 0, 1), []float32{float32(g.Float64s(name + ".loss")[0])}, 1e-5},
				})
			})
		})
	}
}

func TestSoftTargetsShapes(t *testing.T) {
	for _, c := range []struct{ R, K int }{{1, 1}, {1, 2}, {3, 7}, {5, 96}, {33, 130}, {2, 4097}} {
		t.Run(fmt.Sprintf("R=%d,K=%d", c.R, c.K), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				q := make([]float32, c.R*c.K)
				for i := range q {
					q[i] = float32(i%c.K+1) / float32(c.K*(c.K+1)/2)
				}
				l := softInputs(&in, q, c.R, c.K)
				l.Learn(p, in.noise("logits", c.R, c.K))
				in.check(t, p)
			})
		})
	}
}
