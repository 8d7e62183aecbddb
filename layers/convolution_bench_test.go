package layers

import (
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// Convolutions of a ResNet-50 beside matmuls of the same size, on the adapter of the tests, in GFLOP/s:
//
//	go test ./layers -run xxx -bench Convolution -benchtime 3x
func BenchmarkConvolution(b *testing.B) {
	d, err := device()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ N, side, in, out, K, stride int }{
		{4, 96, 4, 64, 7, 2},
		{8, 24, 64, 64, 3, 1},
		{8, 24, 128, 128, 3, 2},
		{16, 12, 128, 128, 3, 1},
		{32, 6, 256, 256, 3, 1},
		{32, 12, 256, 512, 1, 2},
	} {
		l := Convolution{Weight: gpu.NewTensor("w", c.out, c.in, c.K, c.K), DWeight: gpu.NewTensor("dw", c.out, c.in, c.K, c.K), Stride: c.stride, Pad: c.K / 2}
		x := Map{N: c.N, H: c.side, W: c.side, Tensor: gpu.NewTensor("x", c.N*c.side*c.side, c.in)}
		l.x = x
		OH, OW := l.shape().Out()
		rows, depth := c.N*OH*OW, c.K*c.K*c.in
		dy := gpu.NewTensor("dy", rows, c.out)
		matrix := gpu.NewTensor
		for _, pass := range []struct {
			name                string
			convolution, matmul func(p *gpu.Program)
		}{
			{"forward", func(p *gpu.Program) { l.Forward(p, x) }, func(p *gpu.Program) {
				MatMul(p, NN, matrix("a", rows, depth), matrix("b", depth, c.out), matrix("c", rows, c.out), Epilogue{})
			}},
			{"input", func(p *gpu.Program) { l.BackwardInput(p, dy, gpu.Tensor{}) }, func(p *gpu.Program) {
				n, taps := c.N*c.side*c.side, roundUp4(c.out*c.K*c.K/(c.stride*c.stride))
				MatMul(p, NN, matrix("a", n, taps), matrix("b", taps, c.in), matrix("c", n, c.in), Epilogue{})
			}},
			{"weight", func(p *gpu.Program) { l.BackwardWeight(p, dy) }, func(p *gpu.Program) {
				MatMul(p, TN, matrix("a", rows, depth), matrix("b", rows, c.out), matrix("c", depth, c.out), Epilogue{})
			}},
		} {
			for _, what := range []struct {
				name   string
				record func(p *gpu.Program)
			}{{"convolution", pass.convolution}, {"matmul", pass.matmul}} {
				b.Run(fmt.Sprintf("%d/%s/%s", c, pass.name, what.name), func(b *testing.B) {
					p := gpu.NewProgram(b.Name(), d.Target())
					what.record(p)
					if err := p.Build(d); err != nil {
						b.Fatal(err)
					}
					defer p.Release()
					best := 0.0
					for b.Loop() {
						times, err := p.Profile(1)
						if err != nil {
							b.Fatal(err)
						}
						seconds := 0.0
						for _, op := range times {
							seconds += op.Seconds
						}
						if best == 0 || seconds < best {
							best = seconds
						}
					}
					b.ReportMetric(float64(p.Flops())/best/1e9, "GFLOP/s")
				})
			}
		}
	}
}
