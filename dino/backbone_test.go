package dino

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// goldenBackbone gives the size and the weights that a golden file holds.
func (g *goldenFile) goldenBackbone(d *gpu.Device) (layers.ViTConfig, *layers.Arena) {
	g.t.Helper()
	v := layers.ViTConfig{ImageSize: g.Int("size"), Patch: g.Int("patch"), Dim: g.Int("dim"), Depth: g.Int("depth"), Heads: g.Int("heads")}
	return v, g.backboneArena(d, v)
}

// backboneArena holds the parameters of v, which may have fewer blocks than the file.
func (g *goldenFile) backboneArena(d *gpu.Device, v layers.ViTConfig) *layers.Arena {
	g.t.Helper()
	l := &layers.Params{}
	v.AddParams(l, settings.BackbonePrefix)
	a := l.NewArena("weights")
	g.t.Cleanup(a.Release)
	for _, p := range l.List {
		if err := d.Write(a.Tensor(p.Name), g.Float32s("weights."+strings.TrimPrefix(p.Name, settings.BackbonePrefix))); err != nil {
			g.t.Fatal(err)
		}
	}
	return a
}

// newBackbone builds a backbone whose images are normalized, unless c says how to do that.
func newBackbone(t *testing.T, target gpu.Target, c BackboneConfig, weights *layers.Arena) *Backbone {
	t.Helper()
	c.Normalized = c.Std == settings.RGB{}
	b, err := NewBackbone(openDevice(t), target, c, weights)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Release)
	return b
}

// split cuts values into n images.
func split[E any](values []E, n int) [][]E {
	images := make([][]E, n)
	for i := range images {
		images[i] = values[i*len(values)/n : (i+1)*len(values)/n]
	}
	return images
}

func runNormalized(t *testing.T, b *Backbone, images [][]float32) *BackboneOutput {
	t.Helper()
	out, err := b.RunNormalized(context.Background(), images)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tokens puts class and patch tokens of n images back together: (n, T, D) of each block.
func (o *BackboneOutput) tokensOf(n int) []float32 {
	var all []float32
	for k := range o.Class {
		for i := range n {
			all = append(append(all, split(o.Class[k], n)[i]...), split(o.Patches[k], n)[i]...)
		}
	}
	return all
}

// Features, all tokens of the last two blocks and the whole attention at six sizes, two not square, one not a multiple
// of the patch.
func TestBackboneAgainstPyTorch(t *testing.T) {
	for name, target := range targets {
		g := readGolden(t, "vit")
		v, weights := g.goldenBackbone(openDevice(t))
		for _, size := range [][2]int{{32, 32}, {16, 16}, {40, 24}, {65, 35}, {8, 8}, {96, 96}} {
			t.Run(fmt.Sprintf("%s/%dx%d", name, size[0], size[1]), func(t *testing.T) {
				g := &goldenFile{File: g.File, t: t}
				tag := fmt.Sprintf("%dx%d.", size[0], size[1])
				images := split(g.Float32s(tag+"input"), 2)
				c := BackboneConfig{ViT: v, Height: size[0], Width: size[1], Batch: 2, Blocks: 1}
				plain := runNormalized(t, newBackbone(t, target, c, weights), images)
				g.near("feature", plain.Class[0], g.Float32s(tag+"feature"), goldenForward)

				c.Blocks, c.Patches, c.Attention = 2, true, []int{v.Depth - 1}
				for q := range c.tokens() {
					c.Queries = append(c.Queries, q)
				}
				all := runNormalized(t, newBackbone(t, target, c, weights), images)
				g.near("tokens of the last two blocks", all.tokensOf(2), g.Float32s(tag+"normed_last2"), goldenForward)
				g.near("class token", all.Class[1], g.Float32s(tag+"feature"), goldenForward)
				T, full := c.tokens(), g.Float32s(tag+"attention") // (image, head, query, key)
				for i := range 2 {
					for h := range v.Heads {
						for q := range T {
							row := full[((i*v.Heads+h)*T+q)*T:][:T]
							g.near(fmt.Sprintf("attention of image %d, head %d, token %d", i, h, q), all.Map(0, i, q, h), row[1:], goldenForward)
						}
					}
				}
			})
		}
	}
}

// The class tokens of the last four of five blocks, with and without the patch tokens, and the mean of these: what linear
// probes are given. Three images do not fill the second batch of two.
func TestBackboneGivesTheLastBlocks(t *testing.T) {
	for name, target := range targets {
		weightsFile := readGolden(t, "vit_evals")
		v, weights := weightsFile.goldenBackbone(openDevice(t))
		for _, size := range []struct{ n, h, w int }{{3, 32, 32}, {2, 48, 40}} {
			t.Run(fmt.Sprintf("%s/%dx%d", name, size.h, size.w), func(t *testing.T) {
				g := readGolden(t, "linear")
				tag := fmt.Sprintf("%dx%d.", size.h, size.w)
				images := split(g.Float32s(tag+"input"), size.n)
				for _, patches := range []bool{false, true} {
					c := BackboneConfig{ViT: v, Height: size.h, Width: size.w, Batch: 2, Blocks: 4, Patches: patches}
					out := runNormalized(t, newBackbone(t, target, c, weights), images)
					var n4, avgpool []float32
					for i := range size.n {
						for k := range out.Class {
							n4 = append(n4, split(out.Class[k], size.n)[i]...)
						}
						if !patches {
							continue
						}
						tokens := split(split(out.Patches[3], size.n)[i], c.tokens()-1)
						for d, class := range split(out.Class[3], size.n)[i] {
							var mean float32
							for _, token := range tokens {
								mean += token[d] / float32(len(tokens))
							}
							avgpool = append(avgpool, class, mean)
						}
					}
					g.near("class tokens of the last four blocks", n4, g.Float32s(tag+"n4"), goldenForward)
					g.near("class token of the last block", out.Class[3], g.Float32s(tag+"n1"), goldenForward)
					if patches {
						g.near("mean of the patch tokens", avgpool, g.Float32s(tag+"n1_avgpool"), goldenForward)
					}
				}
			})
		}
	}
}

// Bytes are normalized as the configuration says, and the pixels left over beside whole patches change nothing. Three
// images do not fill the second batch of two.
func TestBackboneOfBytes(t *testing.T) {
	v, weights := readGolden(t, "vit").goldenBackbone(openDevice(t))
	const n, H, W = 3, 18, 29 // 2 x 3 patches of 8, a border of 2 and 5
	c := BackboneConfig{ViT: v, Height: H, Width: W, Batch: n, Blocks: 1, Patches: true, Attention: []int{1}}
	normalized := newBackbone(t, gpu.SoftwareTarget, c, weights)
	c.Batch = 2
	c.Mean, c.Std = settings.RGB{0.4, 0.5, 0.45}, settings.RGB{0.1, 0.2, 0.15}
	b := newBackbone(t, gpu.SoftwareTarget, c, weights)
	images, cut, floats := make([][]uint8, n), make([][]uint8, n), make([][]float32, n)
	for i := range images {
		images[i], cut[i], floats[i] = make([]uint8, 3*H*W), make([]uint8, 3*H*W), make([]float32, 3*H*W)
		for y := range H {
			for x := range W {
				for k := range 3 {
					at := 3*(y*W+x) + k
					images[i][at] = uint8(37*i + 5*at + at*at/7)
					floats[i][(k*H+y)*W+x] = float32((float64(images[i][at])/255 - c.Mean[k]) / c.Std[k])
					if cut[i][at] = images[i][at]; y >= 16 || x >= 24 {
						cut[i][at] ^= 0xff
					}
				}
			}
		}
	}
	want := runNormalized(t, normalized, floats)
	for what, images := range map[string][][]uint8{"whole": images, "with another border": cut} {
		got, err := b.Run(context.Background(), images)
		if err != nil {
			t.Fatal(err)
		}
		g := &goldenFile{t: t}
		g.near(what, got.tokensOf(n), want.tokensOf(n), 1e-5)
		g.near(what+", attention", got.Attention[0], want.Attention[0], 1e-5)
		features, err := b.Features(context.Background(), images)
		if err != nil {
			t.Fatal(err)
		}
		g.near("features", features, got.Class[0], 0)
	}
	if _, err := b.Run(context.Background(), [][]uint8{images[0], images[1][1:]}); err == nil || !strings.Contains(err.Error(), "image 1 has 1565 values") {
		t.Errorf("an image that is too short: %v", err)
	}
	if _, err := b.RunNormalized(context.Background(), floats); err == nil {
		t.Error("floats went where bytes were to come")
	}
	if _, err := normalized.Run(context.Background(), images); err == nil {
		t.Error("bytes went where floats were to come")
	}
	if out, err := b.Run(context.Background(), nil); err != nil || len(out.Class[0]) != 0 {
		t.Errorf("no images: %v, %v", out, err)
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if _, err := b.Run(stopped, images); err == nil {
		t.Error("a canceled context stopped nothing")
	}
}

// Only what was asked for is recorded: no block after the last that is needed, one row per image in the last block
// unless patch tokens are wanted.
func TestBackboneComputesNothingElse(t *testing.T) {
	c := BackboneOf(tinyConfig())
	c.ViT.Depth, c.Batch = 5, 2
	weights := func() *layers.Arena {
		l := &layers.Params{}
		c.ViT.AddParams(l, settings.BackbonePrefix)
		return l.NewArena("weights")
	}()
	for _, x := range []struct {
		what                                    string
		blocks                                  int
		patches                                 bool
		attention                               []int
		forward, maps, lastBlockRows, otherRows int
	}{
		{what: "features", blocks: 1, forward: 5, lastBlockRows: 1},
		{what: "class tokens", blocks: 3, forward: 5, lastBlockRows: 1, otherRows: 2},
		{what: "patch tokens", blocks: 3, patches: true, forward: 5},
		{what: "attention of two blocks", attention: []int{2, 0}, forward: 2, maps: 2},
		{what: "attention of the last block", attention: []int{4}, forward: 4, maps: 1},
		{what: "both", blocks: 1, attention: []int{4}, forward: 5, maps: 1, lastBlockRows: 1},
	} {
		c.Blocks, c.Patches, c.Attention = x.blocks, x.patches, x.attention
		p, err := BackboneProgram(gpu.GPUTarget, c, weights)
		if err != nil {
			t.Fatal(err)
		}
		count := map[string]int{}
		p.Each(func(k gpu.Kernel, _ []gpu.Tensor) {
			name := k.Name
			if strings.Contains(k.Source, "> out_y") {
				name += " of two"
			}
			count[name]++
		})
		got := [4]int{count["attention_forward_tile"], count["attention_probabilities"], count["class_rows of two"], count["class_rows"]}
		if want := [4]int{x.forward, x.maps, x.lastBlockRows, x.otherRows}; got != want {
			t.Errorf("%s: attention, its maps, class rows of the last block and of others are made %v times, want %v", x.what, got, want)
		}
	}
}

func TestBackboneRefuses(t *testing.T) {
	c := BackboneOf(tinyConfig())
	l := &layers.Params{}
	c.ViT.AddParams(l, settings.BackbonePrefix)
	weights := l.NewArena("weights")
	h, w := c.Grid()
	for want, change := range map[string]func(*BackboneConfig){
		"`patch_size` 0":            func(c *BackboneConfig) { c.ViT.Patch = 0 },
		"`image_size` 1":            func(c *BackboneConfig) { c.ViT.ImageSize = 1 },
		"`heads` 0":                 func(c *BackboneConfig) { c.ViT.Heads = 0 },
		"`std` 0,1,1":               func(c *BackboneConfig) { c.Std = settings.RGB{0, 1, 1} },
		"height 1 and width 50":     func(c *BackboneConfig) { c.Height, c.Width = 1, 50 },
		"height 50 and width 9000":  func(c *BackboneConfig) { c.Height, c.Width = 50, 9000 },
		"a batch of -1":             func(c *BackboneConfig) { c.Batch = -1 },
		"the last 9 blocks":         func(c *BackboneConfig) { c.Blocks = 9 },
		"asked for nothing":         func(c *BackboneConfig) { c.Blocks = 0 },
		"those of no block":         func(c *BackboneConfig) { c.Blocks, c.Patches, c.Attention = 0, true, []int{0} },
		"block 9":                   func(c *BackboneConfig) { c.Attention = []int{0, 9} },
		"block -1":                  func(c *BackboneConfig) { c.Attention = []int{-1} },
		"another model's":           func(c *BackboneConfig) { c.ViT.Dim *= 2 },
		"blocks.2.norm1":            func(c *BackboneConfig) { c.ViT.Depth++ },
		fmt.Sprint("token ", h*w+1): func(c *BackboneConfig) { c.Queries = []int{0, h*w + 1} },
	} {
		changed := c
		change(&changed)
		if _, err := NewBackbone(nil, gpu.SoftwareTarget, changed, weights); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// The batch keeps every tensor small, and is never less than one image.
func TestFittingBatch(t *testing.T) {
	square := func(c settings.Config, size int) BackboneConfig {
		b := BackboneOf(c)
		b.Height, b.Width = size, size
		return b
	}
	if n := (BackboneConfig{}).FittingBatch(); n < 1 {
		t.Errorf("nothing in particular: %d", n)
	}
	all := square(settings.DefaultConfig(), 224)
	all.Attention = []int{11}
	for range 197 {
		all.Queries = append(all.Queries, 0)
	}
	wide := square(settings.DefaultConfig(), 448)
	wide.Height = 112
	for what, x := range map[string]struct {
		c    BackboneConfig
		want int
	}{
		"vit_small of 224 pixels":     {square(settings.DefaultConfig(), 224), 27},
		"the same number, not square": {wide, 27},
		"8000 pixels":                 {square(settings.DefaultConfig(), 8000), 1},
		"a tiny model":                {square(tinyConfig(), 29), 128},
		"attention of every token":    {all, 27},
	} {
		if n := x.c.FittingBatch(); n != x.want {
			t.Errorf("%s: %d, want %d", what, n, x.want)
		}
	}
}
