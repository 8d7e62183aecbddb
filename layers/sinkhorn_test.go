package layers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// lossAt is a loss of B images and K outputs at a teacher's temperature.
func lossAt(in *inputs, B, V, K int, tau float64) *Loss {
	l := lossInputs(in, B, V, K)
	s := Scalars{TeacherTemp: float32(tau), StudentTemp: 0.1, BatchShare: 1}
	for i := range *in {
		if (*in)[i].t.Name == "scalars" {
			(*in)[i].value = s.Values()
		}
	}
	return l
}

// Targets by Sinkhorn-Knopp and by a softmax over the batch, as PyTorch in float64.
func TestSinkhornTargets(t *testing.T) {
	g := golden.Open(t, "targets.safetensors")
	K := g.Shape("teacher")[1]
	for _, name := range g.Names() {
		var tau float64
		iterations, perView, scale := 1, false, 1.0
		switch {
		case strings.HasPrefix(name, "sinkhorn.tau"):
			fmt.Sscanf(strings.Replace(name, ".iters", " ", 1), "sinkhorn.tau%g %d", &tau, &iterations)
		case strings.HasPrefix(name, "sinkhorn_per_view.tau"):
			fmt.Sscanf(strings.Replace(name, ".iters", " ", 1), "sinkhorn_per_view.tau%g %d", &tau, &iterations)
			perView = true
		case strings.HasPrefix(name, "sinkhorn_of_4_times_teacher.tau"):
			fmt.Sscanf(strings.Replace(name, ".iters", " ", 1), "sinkhorn_of_4_times_teacher.tau%g %d", &tau, &iterations)
			scale = 4
		case strings.HasPrefix(name, "softmax_batch.tau"):
			fmt.Sscanf(name, "softmax_batch.tau%g", &tau)
		default:
			continue
		}
		if tau == 0 {
			t.Fatalf("no temperature in %q", name)
		}
		t.Run(name, func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				l := lossAt(&in, g.Shape("teacher")[0]/2, 4, K, tau)
				logits := g.Float32s("teacher")
				for i := range logits {
					logits[i] *= float32(scale)
				}
				x := in.values("logits", logits, g.Shape("teacher")...)
				l.Sinkhorn(p, x, iterations, perView)
				in.goldens(t, p, []wanted{{name, x, g.Float32s(name), 1e-5}})
			})
		})
	}
}

func TestSinkhornShapes(t *testing.T) {
	for _, c := range []struct{ B, K int }{{1, 1}, {1, 4}, {3, 7}, {5, 96}, {33, 130}, {2, 4096}, {1, 65535}} {
		t.Run(fmt.Sprintf("B=%d,K=%d", c.B, c.K), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				l := lossAt(&in, c.B, 4, c.K, 0.5)
				l.Sinkhorn(p, in.noise("logits", 2*c.B, c.K), 2, c.B == 3)
				in.check(t, p)
			})
		})
	}
}

// A queue's rows take part in the shares once it is used, and go unseen before.
func TestSinkhornWithAQueue(t *testing.T) {
	for _, used := range []float32{0, 1} {
		t.Run(fmt.Sprint(used), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				l := lossAt(&in, 3, 4, 10, 0.5)
				s := Scalars{TeacherTemp: 0.5, QueueUsed: used, QueueFills: used}
				for i := range in {
					if in[i].t.Name == "scalars" {
						in[i].value = s.Values()
					}
				}
				l.SinkhornQueued(p, in.noise("scores", 8+3, 10), in.noise("entropies", 8+3), 3)
				queue := in.noise("queue", 8, 6)
				rows := in.noise("rows", 4, 6)
				want := append([]float32(nil), in[len(in)-2].value...)
				if used == 1 {
					want = append(append([]float32(nil), in[len(in)-1].value...), want[:4*6]...)
				}
				ShiftQueue(p, rows, queue, l.Scalars, l.NonFinite)
				in.goldens(t, p, []wanted{{"queue", queue, want, 0}})
			})
		})
	}
}
