package layers

import (
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
)

// Embedding turns patches into tokens: a linear layer, a class token ahead of each image's patches, and positions
// added, resized bicubically where the image has another grid of patches (reference ViT). Where it has the same, but other
// pixels beside it that make it not square, the reference resizes too, by a scale that is not quite 1.
type Embedding struct {
	Config             ViTConfig
	Proj               Linear     // weight (D, 3, patch, patch)
	Class, Positions   gpu.Tensor // (1, 1, D), (1, side^2 + 1, D)
	DClass, DPositions gpu.Tensor

	patches Patches
	resize  []gpu.Tensor // of each size: (T, side^2 + 1); zero where they stay as they are
}

// Forward records the tokens (R, D) of patches and says where they lie.
func (e *Embedding) Forward(p *gpu.Program, patches Patches) (gpu.Tensor, Spans) {
	defer p.Section("tokens")()
	c := e.Config
	e.patches, e.resize = patches, make([]gpu.Tensor, len(patches.grids))
	e.Proj.Weight = e.Proj.Weight.Reshape(c.Dim, 3*c.Patch*c.Patch)
	spans := patches.spans()
	projected := e.Proj.Forward(p, patches.rows, Epilogue{})
	x := p.Scratch("tokens", spans.Rows(), c.Dim)
	for i, g := range patches.grids {
		tokensForward(p, projected, e.Class, e.positions(p, i), x, spans[i], g.first)
	}
	return x, spans
}

// positions records the positions (T, D) of the i-th size.
func (e *Embedding) positions(p *gpu.Program, i int) gpu.Tensor {
	side, D := e.Config.Side(), e.Config.Dim
	h, w := e.patches.grids[i].h, e.patches.grids[i].w
	stored := e.Positions.Reshape(side*side+1, D)
	if h == side && w == side && e.patches.grids[i].square {
		return stored
	}
	if (h*w+1)*(side*side+1) > mostResized {
		p.Fail("%w", tooManyPatches(side, h, w))
	}
	if p.Err() != nil {
		return stored
	}
	e.resize[i] = p.Constant(fmt.Sprintf("resize %dx%d", h, w), positionWeights(side, h, w), h*w+1, side*side+1)
	return MatMul(p, NN, e.resize[i], stored, p.Scratch("positions", h*w+1, D), Epilogue{})
}

// Backward records the gradients of the projection, the class token and the positions from dx (R, D).
func (e *Embedding) Backward(p *gpu.Program, dx gpu.Tensor) {
	defer p.Section("tokens")()
	side, D := e.Config.Side(), e.Config.Dim
	stored := e.DPositions.Reshape(side*side+1, D)
	dpatches := p.Scratch("dpatches", e.patches.rows.Rows(), D)
	for i, s := range e.patches.spans() {
		if e.resize[i].IsZero() {
			tokensBackwardPosition(p, dx, stored, e.DClass, s, true)
		} else {
			dpos := p.Scratch("dpositions", s.T, D)
			tokensBackwardPosition(p, dx, dpos, e.DClass, s, false)
			MatMul(p, TN, e.resize[i], dpos, stored, Epilogue{Accumulate: true})
		}
		tokensBackward(p, dx, dpatches, s, e.patches.grids[i].first)
	}
	e.Proj.backwardWeight(p, dpatches)
}
