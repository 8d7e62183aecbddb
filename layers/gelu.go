package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// geluForward records gelu(x), of x's shape; x has a multiple of 4 elements.
func geluForward(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	y, n := p.Scratch("gelu", x.Shape...), x.Len()/4
	p.Dispatch(newKernel("gelu_forward", nil, gpu.Kernel{
		Params: []uint32{uint32(n)}, Groups: spread(ceil(n, workgroup)), Tolerance: approximate,
		Twin: func(a [][]float32) {
			for i, v := range a[0] {
				a[1][i] = float32(ref.Gelu(float64(v)))
			}
		},
	}), x, y)
	return y
}
