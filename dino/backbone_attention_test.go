package dino

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// Each head's attention of the class token in an image whose border is cut off, as the reference draws them.
func TestBackboneAttentionMaps(t *testing.T) {
	for name, target := range targets {
		t.Run(name, func(t *testing.T) {
			v, weights := readGolden(t, "vit_evals").goldenBackbone(openDevice(t))
			g := readGolden(t, "attention")
			c := BackboneConfig{ViT: v, Height: 101, Width: 75, Attention: []int{4}}
			b := newBackbone(t, target, c, weights)
			if h, w := b.Config.Grid(); h != 12 || w != 9 {
				t.Fatalf("the grid is %d x %d", h, w)
			}
			out := runNormalized(t, b, [][]float32{g.Float32s("vit.input")})
			var maps []float32
			for h := range v.Heads {
				maps = append(maps, out.Map(0, 0, 0, h)...)
			}
			g.near("maps", maps, g.Float32s("vit.maps"), goldenForward)
			if len(out.Class)+len(out.Patches) > 0 {
				t.Error("tokens were given without being asked for")
			}
		})
	}
}

// The attention of a block in the middle is that of the last block of a backbone that ends there; queries can be
// changed after it was built.
func TestBackboneAttentionOfEarlierBlocks(t *testing.T) {
	d := openDevice(t)
	g := readGolden(t, "vit_evals")
	v, weights := g.goldenBackbone(d)
	images := split(readGolden(t, "linear").Float32s("48x40.input"), 2)
	c := BackboneConfig{ViT: v, Height: 48, Width: 40, Batch: 2, Blocks: 1, Attention: []int{3, 0, 1}, Queries: []int{0, 17}}
	b := newBackbone(t, gpu.SoftwareTarget, c, weights)
	out := runNormalized(t, b, images)
	for k, block := range c.Attention {
		short := c
		short.ViT.Depth, short.Attention = block+1, []int{block}
		alone := runNormalized(t, newBackbone(t, gpu.SoftwareTarget, short, g.backboneArena(d, short.ViT)), images)
		g.near(fmt.Sprintf("attention of block %d", block), out.Attention[k], alone.Attention[0], 1e-6)
	}
	if err := b.SetQueries(17, 30); err != nil {
		t.Fatal(err)
	}
	again := runNormalized(t, b, images)
	for i := range images {
		g.near("the query that moved", again.Map(1, i, 0, 2), out.Map(1, i, 1, 2), 0)
	}
	if again.Map(1, 0, 1, 2)[3] == out.Map(1, 0, 1, 2)[3] {
		t.Error("the other query's attention is as before")
	}
	for _, tokens := range [][]int{{1}, {1, 2, 3}, {1, 31}, {-1, 0}} {
		if err := b.SetQueries(tokens...); err == nil {
			t.Errorf("queries %v of 31 tokens were taken by a backbone built for two", tokens)
		}
	}
}

// What is kept of a run gives every other token's attention without running again.
func TestBackboneAttend(t *testing.T) {
	for name, target := range targets {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, "vit_evals")
			v, weights := g.goldenBackbone(openDevice(t))
			images := split(readGolden(t, "linear").Float32s("48x40.input"), 2)
			c := BackboneConfig{ViT: v, Height: 48, Width: 40, Batch: 2, Blocks: 1, Patches: true, Attention: []int{4, 1}, Queries: []int{0, 17}}
			plain := newBackbone(t, target, c, weights)
			c.Keep = true
			keeping := newBackbone(t, target, c, weights)
			if _, err := keeping.Attend(1, 2); err == nil {
				t.Error("attention was given of no image")
			}
			if _, err := plain.Attend(1, 2); err == nil {
				t.Error("attention was given by a backbone that keeps nothing")
			}
			got, want := runNormalized(t, keeping, images), runNormalized(t, plain, images)
			g.near("tokens", got.tokensOf(2), want.tokensOf(2), 0)
			for k := range c.Attention {
				g.near("attention with a run", got.Attention[k], want.Attention[k], 0)
			}
			if err := plain.SetQueries(30, 5); err != nil {
				t.Fatal(err)
			}
			want = runNormalized(t, plain, images)
			got, err := keeping.Attend(30, 5)
			if err != nil {
				t.Fatal(err)
			}
			for k := range c.Attention {
				g.near("attention afterwards", got.Attention[k], want.Attention[k], 0)
			}
			if got.Map(1, 1, 1, 2)[3] != want.Map(1, 1, 1, 2)[3] {
				t.Error("a map lies elsewhere")
			}
			// of two images the last run had one alone
			want = runNormalized(t, plain, images[1:])
			runNormalized(t, keeping, images[1:])
			if got, err = keeping.Attend(30, 5); err != nil {
				t.Fatal(err)
			}
			g.near("attention of one image", got.Attention[0], want.Attention[0], 0)
			if _, err := keeping.Attend(30, 31); err == nil || !strings.Contains(err.Error(), "token 31") {
				t.Errorf("a token that is not there: %v", err)
			}
		})
	}
}
