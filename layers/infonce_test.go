package layers

import (
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

func TestInfoNCEShapes(t *testing.T) {
	for _, c := range []struct{ B, V, D, Q int }{{1, 2, 4, 2}, {1, 3, 1, 5}, {3, 5, 7, 12}, {5, 2, 16, 130}, {2, 4, 33, 4097}} {
		t.Run(fmt.Sprintf("B=%d,V=%d,D=%d,Q=%d", c.B, c.V, c.D, c.Q), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				s := Scalars{StudentTemp: 0.5, BatchShare: 0.5}
				l := &InfoNCE{
					Batch: c.B, Weight: 0.3, Queue: in.noise("queue", c.Q, c.D), Values: in.noise("loss", c.V*c.B), Hits: in.noise("hits", c.V*c.B),
					Sums: in.noise("sums", 4), Scalars: in.values("scalars", s.Values(), scalarCount), NonFinite: in.values("nonfinite", []float32{0}, 1),
				}
				keys := in.noise("keys", 2*c.B, c.D)
				l.Student(p, in.noise("y", 2*c.B, c.D), keys, in.noise("dy", 2*c.B, c.D), 0)
				if c.V > 2 {
					l.Student(p, in.noise("z", (c.V-2)*c.B, c.D), keys, in.noise("dz", (c.V-2)*c.B, c.D), 2)
				}
				l.Sum(p)
				AddMean(p, l.Hits, l.Sums, 3)
				in.check(t, p)
			})
		})
	}
}

// Rows of several batches are gathered in their order, and a ring takes them in where its pointer stands.
func TestRingsTakeWholeSteps(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		flag := in.values("nonfinite", []float32{0}, 1)
		g := NewGathered("rows", 2, 3, 5, flag)
		ring, pointer := in.values("ring", make([]float32, 12*5), 12, 5), in.values("pointer", []float32{6}, 1)
		in = append(in, input{g.Rows, make([]float32, g.Rows.Len())}, input{g.Count, []float32{1}})
		a, b := in.noise("a", 3, 5), in.noise("b", 3, 5)
		first, second := in[len(in)-2].value, in[len(in)-1].value
		g.Begin(p)
		g.Add(p, a)
		g.Add(p, b)
		PushRing(p, g.Rows, ring, pointer, flag)
		want := make([]float32, 12*5)
		copy(want[6*5:], append(append([]float32(nil), first...), second...))
		in.goldens(t, p, []wanted{{"ring", ring, want, 0}, {"pointer", pointer, []float32{0}, 0}})
	})
}

// Of a step that is not finite nothing is remembered.
func TestRingsRefuseWhatIsNotFinite(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		flag := in.values("nonfinite", bits(1), 1)
		ring, pointer := in.noise("ring", 4, 3), in.values("pointer", []float32{2}, 1)
		before := in[1].value
		PushRing(p, in.noise("rows", 2, 3), ring, pointer, flag)
		in.goldens(t, p, []wanted{{"ring", ring, append([]float32(nil), before...), 0}, {"pointer", pointer, []float32{2}, 0}})
	})
}

// Queries against keys and a queue, as PyTorch in float64.
func TestInfoNCE(t *testing.T) {
	g := golden.Open(t, "targets.safetensors")
	B, D := g.Shape("infonce.query")[0], g.Shape("infonce.query")[1]
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		s := Scalars{StudentTemp: 0.2, BatchShare: 1}
		l := &InfoNCE{
			Batch: B, Weight: 1 / float64(B), Queue: in.golden(g, "infonce.queue"), Values: in.noise("loss", B), Hits: in.noise("hits", B),
			Sums: in.values("sums", make([]float32, 4), 4), Scalars: in.values("scalars", s.Values(), scalarCount), NonFinite: in.values("nonfinite", []float32{0}, 1),
		}
		keys := append(make([]float32, B*D), g.Float32s("infonce.key")...) // the first global crop is asked for the second
		dy := in.noise("dy", B, D)
		var norm RowNorm
		unit := norm.Forward(p, in.golden(g, "infonce.query"))
		l.Student(p, unit, in.values("keys", keys, 2*B, D), dy, 0)
		l.Sum(p)
		dx := norm.Backward(p, dy)
		in.goldens(t, p, []wanted{
			{"gradient", dx, g.Float32s("infonce.grad.query"), 1e-4},
			{"loss", l.Sums.Slice("sums", 0, 1), []float32{float32(g.Float64s("infonce.loss")[0])}, 1e-5},
		})
	})
}
