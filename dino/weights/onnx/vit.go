package onnx

import (
	"fmt"
	"math"

	"github.com/dinogpu/dinogpu/layers"
)

// ViT is the graph of a backbone of size c with these tensors, under the released names, for images of c.ImageSize
// pixels. Its input is "image", float32 (batch, 3, ImageSize, ImageSize), normalized; its outputs are "features" (batch,
// Dim), the class token after the final norm, and "patches" (batch, Side^2, Dim), the other tokens after it, row by row. With
// a head (head.mlp.0.weight, ...) there are "logits" (batch, prototypes) too, the last layer's weight norm worked out. half
// stores weights as float16; the graph computes in float32 all the same.
func ViT(c layers.ViTConfig, backbone, head []layers.HostTensor, half bool) (*Model, error) {
	b := newBuilder(append(backbone[:len(backbone):len(backbone)], head...), half)
	b.Name = "DINO"
	side, D := c.Side(), c.Dim
	T := side*side + 1
	const any = -1
	b.Inputs = []Value{{"image", []int{any, 3, c.ImageSize, c.ImageSize}}}
	b.Outputs = []Value{{"features", []int{any, D}}, {"patches", []int{any, T - 1, D}}}

	x := b.tokens(c)
	for i := range c.Depth {
		x = b.block(c, fmt.Sprintf("blocks.%d", i), x)
	}
	x = b.reshape("tokens", b.norm("norm", x, "norm"), any, T, D)
	b.node("Gather", "features", []string{x, b.index(0)}, Attribute{"axis", 1})
	b.node("Slice", "patches", []string{x, b.ints(1), b.ints(T), b.ints(1)})
	if len(head) > 0 {
		if err := b.head(head, D); err != nil {
			return nil, err
		}
	}
	if b.err != nil {
		return nil, b.err
	}
	return &b.Model, nil
}

// tokens are the class token and the patches of all images with their positions, as rows (batch * T, Dim).
func (b *builder) tokens(c layers.ViTConfig) string {
	side, D := c.Side(), c.Dim
	x := b.node("Conv", "patch_embed", []string{"image", b.tensor("patch_embed.proj.weight"), b.tensor("patch_embed.proj.bias")},
		Attribute{"kernel_shape", []int{c.Patch, c.Patch}}, Attribute{"strides", []int{c.Patch, c.Patch}})
	x = b.reshape("patch_embed/channels", x, 0, D, side*side)
	x = b.node("Transpose", "patch_embed/tokens", []string{x}, Attribute{"perm", []int{0, 2, 1}})
	batch := b.node("Shape", "batch", []string{"image"}, Attribute{"start", 0}, Attribute{"end", 1})
	shape := b.node("Concat", "cls_token/shape", []string{batch, b.ints(1, D)}, Attribute{"axis", 0})
	class := b.node("Expand", "cls_token/batch", []string{b.tensor("cls_token"), shape})
	x = b.node("Concat", "tokens/bare", []string{class, x}, Attribute{"axis", 1})
	x = b.node("Add", "tokens/placed", []string{x, b.tensor("pos_embed")})
	return b.reshape("tokens/rows", x, -1, D)
}

// block is a transformer block on rows.
func (b *builder) block(c layers.ViTConfig, name, x string) string {
	a := b.attention(c, name+".attn", b.norm(name+".norm1", x, name+".norm1"))
	x = b.node("Add", name+".attn/added", []string{x, a})
	h := b.linear(name+".mlp.fc1", b.norm(name+".norm2", x, name+".norm2"), name+".mlp.fc1")
	h = b.linear(name+".mlp.fc2", b.gelu(name+".mlp/gelu", h), name+".mlp.fc2")
	return b.node("Add", name, []string{x, h})
}

func (b *builder) attention(c layers.ViTConfig, name, x string) string {
	width, T := c.Dim/c.Heads, c.Side()*c.Side()+1
	qkv := b.reshape(name+"/parts", b.linear(name+".qkv", x, name+".qkv"), -1, T, 3, c.Heads, width)
	qkv = b.node("Transpose", name+"/heads", []string{qkv}, Attribute{"perm", []int{2, 0, 3, 1, 4}})
	part := func(letter string, i int) string {
		return b.node("Gather", name+"/"+letter, []string{qkv, b.index(i)}, Attribute{"axis", 0})
	}
	q := b.node("Mul", name+"/q/scaled", []string{part("q", 0), b.number(float32(1 / math.Sqrt(float64(width))))})
	k := b.node("Transpose", name+"/k/turned", []string{part("k", 1)}, Attribute{"perm", []int{0, 1, 3, 2}})
	scores := b.node("MatMul", name+"/scores", []string{q, k})
	p := b.node("Softmax", name+"/softmax", []string{scores}, Attribute{"axis", -1})
	o := b.node("MatMul", name+"/mixed", []string{p, part("v", 2)})
	o = b.node("Transpose", name+"/joined", []string{o}, Attribute{"perm", []int{0, 2, 1, 3}})
	return b.linear(name+".proj", b.reshape(name+"/rows", o, -1, c.Dim), name+".proj")
}
