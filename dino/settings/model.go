package settings

import "github.com/dinogpu/dinogpu/layers"

// Prefixes of the parameter names, as the released checkpoints have them.
const (
	BackbonePrefix = "backbone."
	HeadPrefix     = "head."
)

// ViT is the backbone's size.
func (c Config) ViT() layers.ViTConfig {
	s := c.Size()
	return layers.ViTConfig{ImageSize: c.GlobalCropsSize, Patch: c.PatchSize, Dim: s.Dim, Depth: s.Depth, Heads: s.Heads}
}

// Backbone is the backbone that Arch names, of its size.
func (c Config) Backbone() layers.BackboneConfig { return c.ViT() }

// Head is the projection head's size.
func (c Config) Head() layers.HeadConfig {
	return layers.HeadConfig{
		In: c.Backbone().Width(), Layers: c.HeadLayers, Hidden: c.HeadHidden, Bottleneck: c.HeadBottleneck, Out: c.OutDim,
		NormLast: c.NormLastLayer, BatchNorm: c.UseBNInHead, Activation: layers.Activation(c.HeadActivation),
		Plain: !c.L2Bottleneck, Predictor: c.Predictor,
	}
}

// Layout is the names, shapes and places of all weights of DINO's student or teacher, in the order of the released
// state_dict; dino.Layout knows those of every method.
func (c Config) Layout() *layers.Params {
	l := &layers.Params{}
	c.Backbone().AddParams(l, BackbonePrefix)
	c.Head().AddParams(l, HeadPrefix)
	return l
}
