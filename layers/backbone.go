package layers

import "github.com/dinogpu/dinogpu/gpu"

// A BackboneConfig is a kind of backbone and its size: a file beside vit.go for each.
type BackboneConfig interface {
	// AddParams appends the backbone's tensors in the order and by the names of the released state_dict.
	AddParams(l *Params, prefix string)
	// Width is the number of features of an image.
	Width() int
	// Multiplies is the number of multiply-adds that a square image of that many pixels a side takes forward.
	Multiplies(side int) float64
	// DropBlocks is the number of residual blocks whose branches drop path may skip; 0: it is of another kind.
	DropBlocks() int
	// Input records what the backbone makes of images before any weight: teacher and student share it. Images of one size
	// are one group.
	Input(p *gpu.Program, images ...Images) Input
	// Bind binds a backbone to weights, and to gradients unless they are nil, under names with this prefix.
	Bind(prefix string, weights, gradients *Arena, mode Mode) Backbone
}

// Input is what goes into a backbone.
type Input interface {
	// First is the input of the first n groups of images alone.
	First(n int) Input
}

// A Backbone records passes over images of one or several sizes. Each remembers its last Forward, for Backward.
type Backbone interface {
	// Forward records the features (images, Width) of x, in the order of its groups.
	Forward(p *gpu.Program, x Input) gpu.Tensor
	// Backward adds the gradients of all weights, from that of the features.
	Backward(p *gpu.Program, dfeatures gpu.Tensor)
}

// A Dropper is a backbone with DropBlocks: their branches can be skipped for single images (drop path).
type Dropper interface {
	// DropPath sets the scales of each block's two branches, a number for each image; nil: none is skipped.
	DropPath(scales [][2]gpu.Tensor)
}
