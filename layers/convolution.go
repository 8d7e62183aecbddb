package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Convolution is torch.nn.Conv2d with a square kernel, over maps whose channels lie side by side.
type Convolution struct {
	Weight, Bias   gpu.Tensor // (out, in, K, K), (out); a zero Tensor: no bias
	DWeight, DBias gpu.Tensor // their gradients, added to
	Stride, Pad    int

	x Map
}

// Forward records the convolution of x. A map may have more channels than the weights, up to whole vec4s: they count for
// nothing. K 1 without padding at stride 1 is a matmul as it is.
func (c *Convolution) Forward(p *gpu.Program, x Map) Map {
	defer p.Section("convolution")()
	c.x = x
	s := c.shape()
	OH, OW := s.Out()
	if x.H+2*c.Pad < s.K || x.W+2*c.Pad < s.K {
		p.Fail("maps of %d x %d pixels, padded by %d, are smaller than a convolution's kernel of %d x %d", x.H, x.W, c.Pad, s.K, s.K)
		return x
	}
	if x.Channels() != s.I && x.Channels() != roundUp4(s.I) {
		p.Fail("a convolution of %d channels was given %s with %d", s.I, x.Tensor.Name, x.Channels())
		return x
	}
	y := newMap(p, "convolution", x.N, OH, OW, s.O)
	if c.plain() {
		MatMul(p, NT, x.Tensor, c.Weight.Reshape(s.O, s.I), y.Tensor, Epilogue{Bias: c.Bias})
		return y
	}
	g := gathering{p: p, x: padColumns(p, x.Tensor), b: c.weights(p, false), bias: c.Bias, pass: "forward"}
	g.products(y.Tensor, []ref.Gather{s.Forward()}, 2*y.Tensor.Len()*s.K*s.K*s.I)
	return y
}

// BackwardInput records the gradient of x from dy: added to dx, or into a tensor of its own where dx is a zero Tensor.
func (c *Convolution) BackwardInput(p *gpu.Program, dy, dx gpu.Tensor) gpu.Tensor {
	defer p.Section("convolution")()
	s, accumulate := c.shape(), !dx.IsZero()
	if !accumulate {
		dx = p.Scratch("convolution.dx", c.x.Tensor.Shape...)
	}
	if c.plain() {
		return MatMul(p, NN, dy, c.Weight.Reshape(s.O, s.I), dx, Epilogue{Accumulate: accumulate})
	}
	g := gathering{p: p, x: padColumns(p, dy), b: c.weights(p, true), accumulate: accumulate, pass: "input gradient"}
	g.products(dx, s.Back(), 2*dy.Len()*s.K*s.K*s.I)
	return dx
}

// BackwardWeight records DWeight += and DBias += their gradients from dy.
func (c *Convolution) BackwardWeight(p *gpu.Program, dy gpu.Tensor) {
	defer p.Section("convolution")()
	s := c.shape()
	if c.plain() {
		MatMul(p, TN, dy, c.x.Tensor, c.DWeight.Reshape(s.O, s.I), Epilogue{Accumulate: true, Sums: c.DBias})
		return
	}
	if !c.DBias.IsZero() {
		columnsSum(p, dy, c.DBias)
	}
	g := gathering{p: p, x: padColumns(p, c.x.Tensor), b: padColumns(p, dy), pass: "weight gradient"}
	partials := g.weights(s.Forward(), 2*dy.Len()*s.K*s.K*s.I)
	S := partials.Shape[0]
	p.Dispatch(newKernel("convolution_weight_reduce", args{"K": s.K}, gpu.Kernel{
		Params: []uint32{uint32(s.O), uint32(s.I), uint32(S)}, Groups: spread(ceil(c.DWeight.Len(), workgroup)), Trips: S,
		Tolerance: exact,
		Twin:      func(a [][]float32) { s.WeightReduce(a[1], a[0], S) },
	}), partials, c.DWeight)
}

// shape is the convolution's shape over the map of Forward.
func (c *Convolution) shape() ref.Convolution {
	w := c.Weight.Shape
	return ref.Convolution{N: c.x.N, H: c.x.H, W: c.x.W, I: w[1], O: w[0], K: w[2], Stride: c.Stride, Pad: c.Pad}
}

// plain tells whether the convolution is a matmul of the map's rows as they are.
func (c *Convolution) plain() bool { return c.Weight.Shape[2] == 1 && c.Stride == 1 && c.Pad == 0 }

// weights records the weights as the rows of B: once for all passes of a program.
func (c *Convolution) weights(p *gpu.Program, back bool) gpu.Tensor {
	s := c.shape()
	key, stride, cols := "convolution", 1, s.O
	if back {
		key, stride, cols = "convolution back", c.Stride, s.I
	}
	return p.Derived(c.Weight, key, func() gpu.Tensor {
		out := p.Scratch("convolution.weights", s.K*s.K*roundUp4(s.I)*roundUp4(s.O)/roundUp4(cols), roundUp4(cols))
		p.Dispatch(newKernel("convolution_weights", args{"K": s.K, "Back": back}, gpu.Kernel{
			Params: []uint32{uint32(s.O), uint32(s.I), uint32(stride)}, Groups: spread(ceil(out.Len()/4, workgroup)),
			Twin: func(a [][]float32) { s.Weights(a[1], a[0], back) },
		}), c.Weight, out)
		return out
	})
}
