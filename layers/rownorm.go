package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// RowNorm scales each row of an (N, C) tensor to length 1; norms under 1e-12 count as that.
type RowNorm struct {
	y, norm gpu.Tensor // kept by Forward for Backward
}

// Forward records y = x / |x|, (N, C).
func (l *RowNorm) Forward(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	N, C := x.Rows(), x.Cols()
	l.y, l.norm = p.Scratch("rownorm", x.Shape...), p.Scratch("rownorm.norm", N)
	lanes, rows := rowArgs(p, C)
	p.Dispatch(newKernel("rownorm_forward", args{"C": C, "LANES": lanes, "ROWS": rows}, gpu.Kernel{
		Params: []uint32{uint32(N)}, Groups: spread(ceil(N, rows)), Trips: 2 * ceil(C, 4*lanes), Tolerance: approximate,
		Twin: func(a [][]float32) { ref.RownormForward(a[1], a[2], a[0]) },
	}), x, l.y, l.norm)
	return l.y
}

// Backward records dx = (dy - y (y . dy)) / |x|, (N, C).
func (l *RowNorm) Backward(p *gpu.Program, dy gpu.Tensor) gpu.Tensor {
	N, C := l.y.Rows(), l.y.Cols()
	dx := p.Scratch("rownorm.dx", l.y.Shape...)
	lanes, rows := rowArgs(p, C)
	p.Dispatch(newKernel("rownorm_backward", args{"C": C, "LANES": lanes, "ROWS": rows}, gpu.Kernel{
		Params: []uint32{uint32(N)}, Groups: spread(ceil(N, rows)), Trips: 2 * ceil(C, 4*lanes), Tolerance: approximate,
		Twin: func(a [][]float32) { ref.RownormBackward(a[3], a[0], a[1], a[2]) },
	}), dy, l.y, l.norm, dx)
	return dx
}
