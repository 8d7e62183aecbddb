package layers

import (
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
)

// Embedding turns pictures into tokens: patches through a linear layer, a class token ahead of them, and
// positions added, resized bicubically where the picture has another number of patches (reference ViT).
type Embedding struct {
	Config             ViTConfig
	Proj               Linear     // weight (D, 3, patch, patch)
	Class, Positions   gpu.Tensor // (1, 1, D), (1, side^2 + 1, D)
	DClass, DPositions gpu.Tensor

	resize gpu.Tensor // (T, side^2 + 1); zero where the positions fit as they are
	batch  int
	tokens int
}

// Forward records the tokens (B*T, D) of the pictures and says how many T a picture has.
func (e *Embedding) Forward(p *gpu.Program, images Images) (x gpu.Tensor, T int) {
	defer p.Part(p.Part("tokens"))
	c := e.Config
	h, w := images.H/c.Patch, images.W/c.Patch
	if h < 1 || w < 1 {
		p.Fail("pictures of %d x %d pixels hold no patch of %d", images.H, images.W, c.Patch)
		return images.pixels, 1
	}
	e.batch, e.tokens = images.B, h*w+1
	weight := e.Proj
	weight.Weight = e.Proj.Weight.Reshape(c.Dim, 3*c.Patch*c.Patch)
	e.Proj = weight
	patches := e.Proj.Forward(p, images.patches(p, c.Patch), Epilogue{})
	return tokensForward(p, patches, e.Class, e.positions(p, h, w), e.batch), e.tokens
}

// positions records the positions (T, D) of a grid of h x w patches.
func (e *Embedding) positions(p *gpu.Program, h, w int) gpu.Tensor {
	side, D := e.Config.Side(), e.Config.Dim
	stored := e.Positions.Reshape(side*side+1, D)
	e.resize = gpu.Tensor{}
	if h*w == side*side && h == w {
		return stored
	}
	e.resize = p.Constant(fmt.Sprintf("resize %dx%d", h, w), PositionWeights(side, h, w), h*w+1, side*side+1)
	return MatMul(p, NN, e.resize, stored, p.Scratch("positions", h*w+1, D), Epilogue{})
}

// Backward records the gradients of the projection, the class token and the positions from dx (B*T, D).
func (e *Embedding) Backward(p *gpu.Program, dx gpu.Tensor) {
	defer p.Part(p.Part("tokens"))
	side, D := e.Config.Side(), e.Config.Dim
	stored := e.DPositions.Reshape(side*side+1, D)
	if e.resize.IsZero() {
		tokensBackwardPosition(p, dx, stored, e.DClass, e.batch, true)
	} else {
		dpos := p.Scratch("dpositions", e.tokens, D)
		tokensBackwardPosition(p, dx, dpos, e.DClass, e.batch, false)
		MatMul(p, TN, e.resize, dpos, stored, Epilogue{Accumulate: true})
	}
	e.Proj.backwardWeight(p, tokensBackward(p, dx, e.batch))
}
