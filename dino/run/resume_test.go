package run

import (
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A run that goes on keeps the attention it had, which followed the matmuls in older checkpoints, and its matmuls unless
// others are asked for.
func TestResumeKeepsTheAttention(t *testing.T) {
	for _, c := range []struct {
		line, matmul string
		want         gpu.Target
		choices      int
	}{
		{"texel; texel 8x16: NT.5.8.8f", "auto", gpu.Target{Matmul: gpu.Texel, Attention: gpu.TexelAttention}, 1},
		{"tile", "tile", gpu.Target{Matmul: gpu.Tile, Attention: gpu.TileAttention}, 0},
		{"tile", "auto", gpu.Target{Matmul: gpu.Tile, Attention: gpu.TileAttention}, 0},
		{"register", "register", gpu.Target{Matmul: gpu.Register, Attention: gpu.TexelAttention}, 0},
		{"tile; attention texel", "tile", gpu.Target{Matmul: gpu.Tile, Attention: gpu.TexelAttention}, 0},
		{"tile; tile 128x64x8 8x4: NN.5.5.5", "texel", gpu.Target{Matmul: gpu.Texel, Attention: gpu.TileAttention}, 0},
		{"tile; usually tile 128x128x8 8x8", "tile", gpu.Target{Matmul: gpu.Tile, Attention: gpu.TileAttention, Variant: "tile 128x128x8 8x8"}, 0},
		{"tile; usually tile 128x128x8 8x8; register 8x4: NN.5.5.5", "auto", gpu.Target{Matmul: gpu.Tile, Attention: gpu.TileAttention, Variant: "tile 128x128x8 8x8"}, 1},
		{"tile; tile 128x64x8 8x4: NN.5.5.5", "tile 128x128x8 8x8", gpu.Target{Matmul: gpu.Tile, Attention: gpu.TileAttention, Variant: "tile 128x128x8 8x8", Only: true}, 0},
		{"tile; only tile 128x128x8 8x8", "auto", gpu.Target{Matmul: gpu.Tile, Attention: gpu.TileAttention, Variant: "tile 128x128x8 8x8", Only: true}, 0},
	} {
		target, err := layers.ParseMatmul(c.line, gpu.Target{})
		if err != nil {
			t.Fatal(err)
		}
		from := &resumed{target: target}
		got := from.targetOn(gpu.Target{Software: true, Binding: 1 << 30}, c.matmul)
		if got.Matmul != c.want.Matmul || got.Attention != c.want.Attention || got.Variant != c.want.Variant || got.Only != c.want.Only || !got.Software || got.Binding != 1<<30 || len(got.Choices) != c.choices {
			t.Errorf("a run of %q goes on with matmuls %s as %+v", c.line, c.matmul, got)
		}
	}
}
