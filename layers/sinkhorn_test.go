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
