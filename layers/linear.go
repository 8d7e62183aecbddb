package layers

import "github.com/dinogpu/dinogpu/gpu"

// Linear is y = x W^T + b, with the operations that follow fused into it.
type Linear struct {
	Weight, Bias   gpu.Tensor // (out, in), (out)
	DWeight, DBias gpu.Tensor // their gradients, added to; zero Tensors in a network that only runs forward

	x gpu.Tensor
}

// Forward records y (R, out) for x (R, in): x W^T + b, then the operations of e.
func (l *Linear) Forward(p *gpu.Program, x gpu.Tensor, e Epilogue) gpu.Tensor {
	return l.forwardInto(p, x, p.Scratch("linear", x.Rows(), l.Weight.Rows()), e)
}

// forwardInto records the same into y (R, out), which it returns.
func (l *Linear) forwardInto(p *gpu.Program, x, y gpu.Tensor, e Epilogue) gpu.Tensor {
	l.x = x
	e.Bias = l.Bias
	return MatMul(p, NT, x, l.Weight, y, e)
}

// Backward records DWeight += dy^T x and DBias += the sum of dy's rows, and returns dx = dy W. Where x was a
// GELU's result, before is the GELU's input, and dx the gradient of that; a zero Tensor stands for none.
func (l *Linear) Backward(p *gpu.Program, dy, before gpu.Tensor) gpu.Tensor {
	l.backwardWeight(p, dy)
	return MatMul(p, NN, dy, l.Weight, p.Scratch("linear.dx", l.x.Rows(), l.Weight.Cols()), Epilogue{GeluSlope: before})
}

func (l *Linear) backwardWeight(p *gpu.Program, dy gpu.Tensor) {
	MatMul(p, TN, dy, l.x, l.DWeight.Reshape(l.Weight.Shape...), Epilogue{Accumulate: true, Sums: l.DBias})
}
