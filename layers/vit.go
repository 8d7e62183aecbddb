package layers

import (
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
)

// ViTConfig is the size of a vision transformer backbone.
type ViTConfig struct {
	ImageSize int // side, in pixels, of the images that the stored positions are for
	Patch     int // side of a patch in pixels
	Dim       int
	Depth     int
	Heads     int
}

// MLPRatio is the width of the MLP's hidden layer over Dim (reference ViT).
const MLPRatio = 4

// Side is the number of patches along a side of the stored positions' grid.
func (c ViTConfig) Side() int { return c.ImageSize / c.Patch }

// AddParams appends the backbone's tensors in the order and by the names of the released state_dict.
func (c ViTConfig) AddParams(l *Params, prefix string) {
	D, tokens, first := c.Dim, Init{Normal: 0.02}, len(l.List)
	l.Add(Param{Name: prefix + "cls_token", Shape: []int{1, 1, D}, Init: tokens, Decay: true})
	l.Add(Param{Name: prefix + "pos_embed", Shape: []int{1, c.Side()*c.Side() + 1, D}, Init: tokens, Decay: true})
	conv := Init{FanIn: 3 * c.Patch * c.Patch}
	l.Add(Param{Name: prefix + "patch_embed.proj.weight", Shape: []int{D, 3, c.Patch, c.Patch}, Init: conv, Decay: true})
	l.Add(Param{Name: prefix + "patch_embed.proj.bias", Shape: []int{D}, Init: conv})
	for i := range c.Depth {
		b := fmt.Sprintf("%sblocks.%d.", prefix, i)
		l.addNorm(b+"norm1", D)
		l.addLinear(b+"attn.qkv", 3*D, D)
		l.addLinear(b+"attn.proj", D, D)
		l.addNorm(b+"norm2", D)
		l.addLinear(b+"mlp.fc1", MLPRatio*D, D)
		l.addLinear(b+"mlp.fc2", D, MLPRatio*D)
	}
	l.addNorm(prefix+"norm", D)
	for i := range l.List[first:] {
		l.List[first+i].Backbone = true
	}
}

// Width is that of the class token.
func (c ViTConfig) Width() int { return c.Dim }

// Multiplies are those of the patch embedding, the matmuls and attention: 12 T D^2 + 2 T^2 D a block of T tokens.
func (c ViTConfig) Multiplies(side int) float64 {
	D, patches := float64(c.Dim), float64(side/c.Patch)*float64(side/c.Patch)
	T := patches + 1
	return patches*float64(3*c.Patch*c.Patch)*D + float64(c.Depth)*(12*T*D*D+2*T*T*D)
}

// DropBlocks is the depth.
func (c ViTConfig) DropBlocks() int { return c.Depth }

// Input cuts images into patches.
func (c ViTConfig) Input(p *gpu.Program, images ...Images) Input {
	return GatherPatches(p, c.Patch, images...)
}

// Bind is NewViT: a ViT does the same in every mode.
func (c ViTConfig) Bind(prefix string, weights, gradients *Arena, _ Mode) Backbone {
	return NewViT(c, prefix, weights, gradients)
}

// ViT is a backbone that runs images of one or two sizes side by side. Several may share the same weights.
type ViT struct {
	Config ViTConfig

	drop   [][2]gpu.Tensor // of each block, see TransformerBlock; nil: none is dropped
	embed  Embedding
	blocks []*TransformerBlock
	norm   LayerNorm
	dnorm  LayerNorm
}

// NewViT binds a backbone to weights, and to gradients unless they are nil, under names with this prefix.
func NewViT(c ViTConfig, prefix string, weights, gradients *Arena) *ViT {
	w := func(name string) gpu.Tensor { return weights.Tensor(prefix + name) }
	d := func(name string) gpu.Tensor {
		if gradients == nil {
			return gpu.Tensor{}
		}
		return gradients.Tensor(prefix + name)
	}
	norm := func(name string, of func(string) gpu.Tensor) LayerNorm {
		return LayerNorm{Weight: of(name + ".weight"), Bias: of(name + ".bias")}
	}
	linear := func(name string) Linear {
		return Linear{Weight: w(name + ".weight"), Bias: w(name + ".bias"), DWeight: d(name + ".weight"), DBias: d(name + ".bias")}
	}
	v := &ViT{Config: c, norm: norm("norm", w), dnorm: norm("norm", d)}
	v.embed = Embedding{
		Config: c, Proj: linear("patch_embed.proj"), Class: w("cls_token"), Positions: w("pos_embed"),
		DClass: d("cls_token"), DPositions: d("pos_embed"),
	}
	for i := range c.Depth {
		b := fmt.Sprintf("blocks.%d.", i)
		v.blocks = append(v.blocks, &TransformerBlock{
			Norm1: norm(b+"norm1", w), Norm2: norm(b+"norm2", w), DNorm1: norm(b+"norm1", d), DNorm2: norm(b+"norm2", d),
			QKV: linear(b + "attn.qkv"), Proj: linear(b + "attn.proj"), FC1: linear(b + "mlp.fc1"), FC2: linear(b + "mlp.fc2"),
			Attention: Attention{Heads: c.Heads},
		})
	}
	return v
}

// DropPath sets what Forward drops.
func (v *ViT) DropPath(scales [][2]gpu.Tensor) { v.drop = scales }

// Forward records the features (images, D) of Patches: the class token after the final norm.
func (v *ViT) Forward(p *gpu.Program, patches Input) gpu.Tensor {
	x, spans := v.embed.Forward(p, patches.(Patches))
	for i, b := range v.blocks {
		b.ClassOnly = i == len(v.blocks)-1
		if v.drop != nil {
			b.Drop = v.drop[i]
		}
		x = b.Forward(p, x, spans)
	}
	defer p.Section("layernorm")()
	return v.norm.Forward(p, x)
}

// Backward records the gradients of all weights, from that of the features (B, D).
func (v *ViT) Backward(p *gpu.Program, dfeatures gpu.Tensor) {
	end := p.Section("layernorm")
	dx := v.norm.Backward(p, dfeatures, gpu.Tensor{}, v.dnorm.Weight, v.dnorm.Bias)
	end()
	for i := len(v.blocks) - 1; i >= 0; i-- {
		dx = v.blocks[i].Backward(p, dx)
	}
	v.embed.Backward(p, dx)
}
