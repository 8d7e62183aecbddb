package layers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestBenchFMA(t *testing.T) {
	for _, chains := range []int{4, 8, 12, 16} {
		t.Run(fmt.Sprint(chains), func(t *testing.T) {
			p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
			var in inputs
			BenchFMA(p, chains, in.noise("out", 192))
			if n := strings.Count(p.Kernels()[0].Source, "= fma("); n != chains*fmaSteps {
				t.Errorf("%d fma in a turn, want %d", n, chains*fmaSteps)
			}
			in.check(t, p)
		})
	}
}

func TestBenchCopy(t *testing.T) {
	for _, n := range []int{4, 1004, 1 << 20} {
		p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
		var in inputs
		BenchCopy(p, in.noise("x", n), in.noise("out", n))
		in.check(t, p)
	}
}

// A kernel's form must be told from its source in both members, also where all sizes are the same.
func TestMatmulOf(t *testing.T) {
	for name, target := range targets {
		for _, form := range []Form{NN, NT, TN} {
			for _, s := range [][3]int{{64, 64, 64}, {20, 24, 30}} {
				M, N, K := s[0], s[1], s[2]
				a, b := gpu.NewTensor("a", M, K), gpu.NewTensor("b", K, N)
				if form == NT {
					b = gpu.NewTensor("b", N, K)
				}
				if form == TN {
					a = gpu.NewTensor("a", K, M)
				}
				p := gpu.NewProgram("shape", target)
				MatMul(p, form, a, b, gpu.NewTensor("c", M, N), Epilogue{})
				if p.Err() != nil {
					t.Fatal(p.Err())
				}
				found := 0
				for _, k := range p.Kernels() {
					got, ok := MatmulOf(k.Name, k.Source, k.Params)
					if !ok {
						continue
					}
					found++
					if want := (MatmulShape{form, M, N, K, shape{form: form, M: M, N: N, K: K}.variant(p).name}); got != want {
						t.Errorf("%s: got %v, want %v", name, got, want)
					}
				}
				if found != 1 {
					t.Errorf("%s %s: %d matmuls", name, form, found)
				}
			}
		}
	}
}
