package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// twoRows is the tolerance of the input's gradient over two rows. They normalize to +1 and -1, so that it is 0 but for the
// variance's eps: float32 leaves some digits of the difference.
const twoRows = 2e-2 * 2e-2

// Backward records DWeight += and DBias += their gradients, from dy (R, C), and returns that of x.
func (b *BatchNorm) Backward(p *gpu.Program, dy gpu.Tensor) gpu.Tensor {
	dx, _ := b.backward(p, dy, false)
	return dx
}

// backwardAdd does the same after forwardAdd and returns the residual's gradient too.
func (b *BatchNorm) backwardAdd(p *gpu.Program, dy gpu.Tensor) (dx, dresidual gpu.Tensor) {
	return b.backward(p, dy, true)
}

func (b *BatchNorm) backward(p *gpu.Program, dy gpu.Tensor, residual bool) (dx, dresidual gpu.Tensor) {
	defer p.Section("batchnorm")()
	var sums gpu.Tensor
	if b.Mode == Training || !b.DWeight.IsZero() {
		sums = b.backwardSums(p, dy)
	}
	return b.backwardInput(p, dy, sums, residual)
}

// backwardSums records the sums over all rows of the gradient times the normalized x and of the gradient itself (2, C),
// and adds them to DWeight and DBias.
func (b *BatchNorm) backwardSums(p *gpu.Program, dy gpu.Tensor) gpu.Tensor {
	C := dy.Cols()
	bound := []gpu.Tensor{dy, b.x}
	if b.ReLU {
		bound = append(bound, b.y)
	}
	partials, _ := b.tiles(p, "batchnorm_backward_partial", 2, func(h [][]float32, each int) {
		take := taker(h[2:])
		y := take(b.ReLU)
		n := ref.BatchNorm{Stats: take(true), ReLU: b.ReLU}
		n.BackwardPartial(take(true), h[0], h[1], y, each)
	}, append(bound, b.stats)...)
	tiles := partials.Shape[0]
	sums := p.Scratch("batchnorm.sums", 2, C)
	bound = []gpu.Tensor{partials, sums}
	affine := !b.DWeight.IsZero()
	if affine {
		bound = append(bound, b.DWeight, b.DBias)
	}
	lanes, rows := rowArgs(p, 1)
	p.Dispatch(newKernel("batchnorm_backward_sums", args{"LANES": lanes, "ROWS": rows, "Affine": affine}, gpu.Kernel{
		Params: []uint32{uint32(C), uint32(tiles)}, Groups: spread(ceil(C, rows)), Trips: ceil(tiles, lanes),
		Tolerance: exact,
		Twin: func(h [][]float32) {
			take := taker(h[2:])
			ref.BatchNormBackwardSums(h[1], take(affine), take(affine), h[0])
		},
	}), bound...)
	return sums
}

func (b *BatchNorm) backwardInput(p *gpu.Program, dy, sums gpu.Tensor, residual bool) (dx, dresidual gpu.Tensor) {
	running, affine := b.Mode == Evaluating, !b.Weight.IsZero()
	bound := []gpu.Tensor{dy}
	if b.ReLU {
		bound = append(bound, b.y)
	}
	bound = append(bound, b.stats)
	if affine {
		bound = append(bound, b.Weight)
	}
	if !running {
		bound = append(bound, b.x, sums)
	}
	dx = p.Scratch("batchnorm.dx", dy.Shape...)
	bound = append(bound, dx)
	if residual {
		dresidual = p.Scratch("batchnorm.dresidual", dy.Shape...)
		bound = append(bound, dresidual)
	}
	R, cells := cellsOf(dy)
	tolerance := approximate
	if R == 2 && !running {
		tolerance = twoRows
	}
	p.Dispatch(newKernel("batchnorm_backward_input", b.args(dy, args{"Running": running, "Residual": residual}), gpu.Kernel{
		Params: []uint32{uint32(R), uint32(cells)}, Groups: spread(ceil(R*cells, workgroup)), Tolerance: tolerance,
		Twin: func(h [][]float32) {
			take := taker(h[1:])
			n := ref.BatchNorm{ReLU: b.ReLU}
			y := take(b.ReLU)
			n.Stats = take(true)
			n.Weight = take(affine)
			x, sums := take(!running), take(!running)
			dx := take(true)
			n.BackwardInput(dx, take(residual), h[0], x, y, sums)
		},
	}), bound...)
	return dx, dresidual
}
