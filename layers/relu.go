package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// reluForward records max(x, 0), of x's shape.
func reluForward(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	y := p.Scratch("relu", x.Shape...)
	relu(p, "relu_forward", func(a [][]float32) { ref.ReLU(a[1], a[0]) }, x, y)
	return y
}

// reluBackward records the gradient of reluForward's input from dy; y is its input or its output.
func reluBackward(p *gpu.Program, dy, y gpu.Tensor) gpu.Tensor {
	dx := p.Scratch("relu.dx", y.Shape...)
	relu(p, "relu_backward", func(a [][]float32) { ref.ReLUBackward(a[2], a[0], a[1]) }, dy, y, dx)
	return dx
}

func relu(p *gpu.Program, kernel string, twin func(a [][]float32), bound ...gpu.Tensor) {
	n := bound[0].Len()
	v4 := n%4 == 0
	if v4 {
		n /= 4
	}
	p.Dispatch(newKernel(kernel, args{"V4": v4}, gpu.Kernel{
		Params: []uint32{uint32(n)}, Groups: spread(ceil(n, workgroup)), Twin: twin,
	}), bound...)
}
