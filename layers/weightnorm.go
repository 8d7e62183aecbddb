package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// WeightNorm makes a weight (K, D) of rows with the directions of V and the lengths G: w = g v / |v|.
type WeightNorm struct {
	V gpu.Tensor // (K, D)
	G gpu.Tensor // (K)

	norm gpu.Tensor // kept by Forward for Backward
}

// Forward records w, (K, D).
func (l *WeightNorm) Forward(p *gpu.Program) gpu.Tensor {
	K, D := l.V.Rows(), l.V.Cols()
	w := p.Scratch("weightnorm", K, D)
	l.norm = p.Scratch("weightnorm.norm", K)
	lanes, rows := rowArgs(p, D)
	p.Dispatch(newKernel("weightnorm_forward", args{"D": D, "LANES": lanes, "ROWS": rows}, gpu.Kernel{
		Params: []uint32{uint32(K)}, Groups: spread(ceil(K, rows)), Trips: 2 * ceil(D, 4*lanes), Tolerance: approximate,
		Twin: func(a [][]float32) { ref.WeightnormForward(a[2], a[3], a[0], a[1]) },
	}), l.V, l.G, w, l.norm)
	return w
}

// Backward records dV += and, unless dG is a zero Tensor because the lengths are frozen, dG += their gradients
// from that of w.
func (l *WeightNorm) Backward(p *gpu.Program, dw, dV, dG gpu.Tensor) {
	K, D := l.V.Rows(), l.V.Cols()
	lanes, rows := rowArgs(p, D)
	tensors := []gpu.Tensor{dw, l.V, l.G, l.norm, dV}
	twin := func(a [][]float32) { ref.WeightnormBackward(a[4], nil, a[0], a[1], a[2], a[3]) }
	if !dG.IsZero() {
		tensors = append(tensors, dG)
		twin = func(a [][]float32) { ref.WeightnormBackward(a[4], a[5], a[0], a[1], a[2], a[3]) }
	}
	a := args{"D": D, "LANES": lanes, "ROWS": rows, "Gain": !dG.IsZero()}
	p.Dispatch(newKernel("weightnorm_backward", a, gpu.Kernel{
		Params: []uint32{uint32(K)}, Groups: spread(ceil(K, rows)), Trips: 2 * ceil(D, 4*lanes),
		Tolerance: approximate, Twin: twin,
	}), tensors...)
}
