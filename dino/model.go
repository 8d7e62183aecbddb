package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// Prefixes of the parameter names, as the released checkpoints have them.
const (
	backbonePrefix = "backbone."
	headPrefix     = "head."
)

// ViT is the backbone's size.
func (c Config) ViT() layers.ViTConfig {
	s := c.Size()
	return layers.ViTConfig{ImageSize: c.GlobalCropsSize, Patch: c.PatchSize, Dim: s.Dim, Depth: s.Depth, Heads: s.Heads}
}

// Head is the projection head's size.
func (c Config) Head() layers.HeadConfig {
	return layers.HeadConfig{
		In: c.Size().Dim, Layers: c.HeadLayers, Hidden: c.HeadHidden, Bottleneck: c.HeadBottleneck, Out: c.OutDim,
		NormLast: c.NormLastLayer,
	}
}

// Layout is the names, shapes and places of all weights of a student or teacher, in the order of the released
// state_dict.
func (c Config) Layout() *layers.Params {
	l := &layers.Params{}
	c.ViT().AddParams(l, backbonePrefix)
	c.Head().AddParams(l, headPrefix)
	return l
}

// moments is how many moments of each weight the optimiser keeps.
func (c Config) moments() int {
	if c.Optimizer == "adamw" {
		return 2
	}
	return 1 // momentum
}

// momentName is the role of the optimiser's i-th moment, in memory and in checkpoints.
func momentName(i int) string { return fmt.Sprintf("moment%d", i+1) }

// network is a backbone and the head up to the prototypes. Networks of one student share its weights.
type network struct {
	vit  *layers.ViT
	head *layers.Head
}

func (c Config) network(weights, gradients *layers.Arena) network {
	return network{
		vit:  layers.NewViT(c.ViT(), backbonePrefix, weights, gradients),
		head: layers.NewHead(c.Head(), headPrefix, weights, gradients),
	}
}

// Forward records the features of patches, and what the prototypes are compared with.
func (n network) Forward(p *gpu.Program, patches layers.Patches) (features, y gpu.Tensor) {
	features = n.vit.Forward(p, patches)
	return features, n.head.Forward(p, features)
}

// Backward records the gradients of all weights but the prototypes', from that of y.
func (n network) Backward(p *gpu.Program, dy gpu.Tensor) {
	n.vit.Backward(p, n.head.Backward(p, dy))
}
