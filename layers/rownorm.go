package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// RowNorm divides each row of an (N, C) tensor by its length.
type RowNorm struct {
	y, size gpu.Tensor
}

// Forward records y = x / max(|x|, 1e-12), (N, C).
func (l *RowNorm) Forward(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	N, C := x.Rows(), x.Cols()
	l.y, l.size = p.Scratch("rownorm", N, C), p.Scratch("rownorm.size", N)
	p.Dispatch(rowKernel(p, "rownorm_forward", N, C, args{}, func(a [][]float32) {
		ref.RownormForward(a[1], a[2], a[0])
	}), x, l.y, l.size)
	return l.y
}

// Backward records dx from dy, both (N, C).
func (l *RowNorm) Backward(p *gpu.Program, dy gpu.Tensor) gpu.Tensor {
	N, C := l.y.Rows(), l.y.Cols()
	dx := p.Scratch("rownorm.dx", N, C)
	p.Dispatch(rowKernel(p, "rownorm_backward", N, C, args{}, func(a [][]float32) {
		ref.RownormBackward(a[3], a[0], a[1], a[2])
	}), dy, l.y, l.size, dx)
	return dx
}

// rowKernel specializes a kernel that passes twice over rows of C, with N as its only parameter.
func rowKernel(p *gpu.Program, name string, N, C int, a args, twin func([][]float32)) gpu.Kernel {
	wide := cell(C)
	lanes, rows := rowArgs(p, 4*C/wide)
	a["C"], a["V4"], a["LANES"], a["ROWS"] = C, wide == 4, lanes, rows
	return newKernel(name, a, gpu.Kernel{
		Params: []uint32{uint32(N)}, Groups: spread(ceil(N, rows)), Trips: 2 * ceil(C, wide*lanes),
		Tolerance: approximate, Twin: twin,
	})
}
