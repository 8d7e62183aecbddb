package layers

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// samples are the kernels that have a Sample, at shapes that fill nothing, with arguments of noise.
func samples(t *testing.T, target gpu.Target) map[string]struct {
	kernel gpu.Kernel
	sizes  []int
} {
	t.Helper()
	all := map[string]struct {
		kernel gpu.Kernel
		sizes  []int
	}{}
	add := func(name string, record func(p *gpu.Program)) {
		p := gpu.NewProgram(name, target)
		record(p)
		if p.Err() != nil {
			t.Fatal(p.Err())
		}
		p.Each(func(k gpu.Kernel, args []gpu.Tensor) {
			if k.Sample == nil {
				return
			}
			x := all[name+" "+k.Name]
			x.kernel, x.sizes = k, nil
			for _, a := range args {
				x.sizes = append(x.sizes, a.Len())
			}
			all[name+" "+k.Name] = x
		})
	}
	T := gpu.NewTensor
	const M, N, K = 70, 52, 300
	add("forward with gelu", func(p *gpu.Program) {
		MatMul(p, NT, T("a", M, K), T("b", N, K), T("c", M, N), Epilogue{Bias: T("bias", N), Gelu: T("before", M, N), Residual: T("residual", M, N)})
	})
	add("input gradient", func(p *gpu.Program) {
		MatMul(p, NN, T("a", M, K), T("b", K, N), T("c", M, N), Epilogue{GeluSlope: T("before", M, N)})
	})
	add("weight gradient in splits", func(p *gpu.Program) {
		MatMul(p, TN, T("a", 9*K, M), T("b", 9*K, N-1), T("c", M, N-1), Epilogue{Accumulate: true})
	})
	add("weight gradient", func(p *gpu.Program) {
		MatMul(p, TN, T("a", 30, M), T("b", 30, N), T("c", M, N), Epilogue{Accumulate: true})
	})
	add("attention", func(p *gpu.Program) {
		l, spans := Attention{Heads: 2}, Spans{{B: 2, T: 21}, {First: 42, B: 3, T: 10}}
		l.Forward(p, T("qkv", 72, 48), spans)
		l.Backward(p, T("dO", 72, 16))
	})
	add("convolution", func(p *gpu.Program) {
		l := Convolution{Weight: T("w", 20, 12, 3, 3), DWeight: T("dw", 20, 12, 3, 3), Stride: 2, Pad: 1}
		dy := T("dy", l.Forward(p, Map{N: 3, H: 19, W: 18, Tensor: T("x", 3*19*18, 12)}).Tensor.Rows(), 20)
		l.BackwardInput(p, dy, gpu.Tensor{})
		l.BackwardWeight(p, dy)
	})
	add("topk", func(p *gpu.Program) { TopK(p, T("s", 300, 64), T("v", 300, 5), T("n", 300, 5), T("chunk", 4)) })
	return all
}

// A sample has the values that the whole twin has there, leaves the rest alone, and has 256 outputs and the corners.
func TestSamplesAreParts(t *testing.T) {
	for name, target := range targets {
		t.Run(name, func(t *testing.T) {
			all := samples(t, target)
			if len(all) != 10 {
				t.Errorf("%d kernels with samples", len(all))
			}
			for name, s := range all {
				whole, part := noiseArgs(s.sizes), noiseArgs(s.sizes)
				before := noiseArgs(s.sizes)
				s.kernel.Twin(whole)
				chosen, written := s.kernel.Sample(part), 0
				for i := range whole {
					if slices.Equal(whole[i], before[i]) != (chosen[i] == nil) {
						t.Errorf("%s: argument %d: %d elements are sampled", name, i, len(chosen[i]))
					}
					for _, k := range chosen[i] {
						if part[i][k] != whole[i][k] {
							t.Fatalf("%s: element %d of argument %d is %g, the twin has %g", name, k, i, part[i][k], whole[i][k])
						}
						before[i][k] = part[i][k]
					}
					if !slices.Equal(part[i], before[i]) {
						t.Errorf("%s: argument %d is written beside what is sampled", name, i)
					}
					written += len(chosen[i])
				}
				if written < 256 {
					t.Errorf("%s: %d outputs are sampled", name, written)
				}
			}
			c := all["forward with gelu matmul_"+string(target.Matmul)]
			chosen := c.kernel.Sample(noiseArgs(c.sizes))[2]
			for _, corner := range []int{0, 51, 69 * 52, 70*52 - 1} {
				if !slices.Contains(chosen, corner) {
					t.Errorf("element %d is not sampled", corner)
				}
			}
		})
	}
}

// noiseArgs are the same numbers every time; the last of four, topk's chunk, is what that takes.
func noiseArgs(sizes []int) [][]float32 {
	r := rand.New(rand.NewPCG(1, 2))
	var all [][]float32
	for _, n := range sizes {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		if n == 4 {
			v = bits(0, 64, 1, 0)
		}
		all = append(all, v)
	}
	return all
}
