package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// LayerNorm normalizes each row of an (N, C) tensor, then scales and shifts it; eps is 1e-6.
type LayerNorm struct {
	Weight, Bias gpu.Tensor // (C)

	x, stats gpu.Tensor // kept by Forward for Backward
}

// Forward records y = layernorm(x), (N, C).
func (l *LayerNorm) Forward(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	N, C := x.Rows(), x.Cols()
	l.x, l.stats = x, p.Scratch("layernorm.stats", N, 2)
	y := p.Scratch("layernorm", x.Shape...)
	lanes, rows := rowArgs(p, C)
	p.Dispatch(newKernel("layernorm_forward", args{"C": C, "LANES": lanes, "ROWS": rows}, gpu.Kernel{
		Params: []uint32{uint32(N)}, Groups: spread(ceil(N, rows)), Trips: 3 * ceil(C, 4*lanes),
		Tolerance: approximate,
		Twin:      func(a [][]float32) { ref.LayerNormForward(a[3], a[4], a[0], a[1], a[2]) },
	}), x, l.Weight, l.Bias, y, l.stats)
	return y
}

// Backward records dWeight += and dBias += their gradients and returns dx = [residual +] the gradient of x.
// residual is the gradient that flows past the branch that the layer begins; a zero Tensor stands for none.
func (l *LayerNorm) Backward(p *gpu.Program, dy, residual, dWeight, dBias gpu.Tensor) gpu.Tensor {
	l.backwardWeight(p, dy, dWeight, dBias)
	return l.backwardInput(p, dy, residual)
}

func (l *LayerNorm) backwardInput(p *gpu.Program, dy, residual gpu.Tensor) gpu.Tensor {
	N, C := l.x.Rows(), l.x.Cols()
	dx := p.Scratch("layernorm.dx", l.x.Shape...)
	lanes, rows := rowArgs(p, C)
	tensors := []gpu.Tensor{dy, l.x, l.Weight, l.stats, dx}
	twin := func(a [][]float32) { ref.LayerNormBackwardInput(a[4], a[0], a[1], a[2], a[3], nil) }
	if !residual.IsZero() {
		tensors = []gpu.Tensor{dy, l.x, l.Weight, l.stats, residual, dx}
		twin = func(a [][]float32) { ref.LayerNormBackwardInput(a[5], a[0], a[1], a[2], a[3], a[4]) }
	}
	a := args{"C": C, "LANES": lanes, "ROWS": rows, "Residual": !residual.IsZero()}
	p.Dispatch(newKernel("layernorm_backward_input", a, gpu.Kernel{
		Params: []uint32{uint32(N)}, Groups: spread(ceil(N, rows)), Trips: 2 * ceil(C, 4*lanes),
		Tolerance: approximate, Twin: twin,
	}), tensors...)
	return dx
}

func (l *LayerNorm) backwardWeight(p *gpu.Program, dy, dWeight, dBias gpu.Tensor) {
	N, C := l.x.Rows(), l.x.Cols()
	tiles, each := rowTiles(p, N, C/4)
	kernel := func(accumulate bool) gpu.Kernel {
		return newKernel("layernorm_backward_weight", args{"C": C, "Accumulate": accumulate}, gpu.Kernel{
			Params: []uint32{uint32(N), uint32(each), uint32(tiles)},
			Groups: spread(ceil(tiles*C/4, workgroup)), Trips: each, Tolerance: approximate,
			Twin: func(a [][]float32) { ref.LayerNormBackwardWeight(a[3:], a[0], a[1], a[2], each) },
		})
	}
	if tiles == 1 {
		p.Dispatch(kernel(true), dy, l.x, l.stats, dWeight, dBias)
		return
	}
	partials := p.Scratch("layernorm.partials", tiles, 2*C)
	p.Dispatch(kernel(false), dy, l.x, l.stats, partials)
	reducePartials(p, partials, dWeight.Reshape(1, C), dBias, tiles, true)
}
