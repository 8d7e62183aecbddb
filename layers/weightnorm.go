package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// WeightNorm scales each row of v (N, C) to the length in g (N).
type WeightNorm struct {
	v, g, size gpu.Tensor
}

// Forward records w = g v / |v|, (N, C).
func (l *WeightNorm) Forward(p *gpu.Program, v, g gpu.Tensor) gpu.Tensor {
	N, C := v.Rows(), v.Cols()
	l.v, l.g, l.size = v, g, p.Scratch("weightnorm.size", N)
	w := p.Scratch("weightnorm", N, C)
	p.Dispatch(rowKernel(p, "weightnorm_forward", N, C, args{}, func(a [][]float32) {
		ref.WeightnormForward(a[2], a[3], a[0], a[1])
	}), v, g, w, l.size)
	return w
}

// Backward records dv += and dg += their gradients from dw (N, C); a zero Tensor for dg leaves g alone.
func (l *WeightNorm) Backward(p *gpu.Program, dw, dv, dg gpu.Tensor) {
	tensors := []gpu.Tensor{dw, l.v, l.g, l.size, dv}
	if !dg.IsZero() {
		tensors = append(tensors, dg)
	}
	p.Dispatch(rowKernel(p, "weightnorm_backward", l.v.Rows(), l.v.Cols(), args{"Gain": !dg.IsZero()}, func(a [][]float32) {
		var g []float32
		if len(a) == 6 {
			g = a[5]
		}
		ref.WeightnormBackward(a[4], g, a[0], a[1], a[2], a[3])
	}), tensors...)
}
