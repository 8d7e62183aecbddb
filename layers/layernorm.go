package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// LayerNorm normalises each row of an (N, C) tensor, then scales and shifts it; eps is 1e-6.
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
		Twin:      func(a [][]float32) { ref.LayerNorm(a[3], a[4], a[0], a[1], a[2]) },
	}), x, l.Weight, l.Bias, y, l.stats)
	return y
}
