package eval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// imageSource has images in memory; a nil one cannot be read.
type imageSource []*augment.Image

func (s imageSource) Len() int          { return len(s) }
func (s imageSource) Name(i int) string { return fmt.Sprint("n", i) }
func (s imageSource) Label(int) int     { return -1 }
func (s imageSource) Classes() []string { return nil }
func (s imageSource) Decode(i int) (*augment.Image, error) {
	if s[i] == nil {
		return nil, errors.New("damaged")
	}
	return s[i], nil
}

// goldenNet is the backbone of the golden files of evaluations.
func goldenNet(t *testing.T, d *gpu.Device) (layers.ViTConfig, *layers.Arena) {
	t.Helper()
	g := golden.Open(t, "vit_evals.safetensors")
	v := layers.ViTConfig{ImageSize: g.Int("size"), Patch: g.Int("patch"), Dim: g.Int("dim"), Depth: g.Int("depth"), Heads: g.Int("heads")}
	l := &layers.Params{}
	v.AddParams(l, settings.BackbonePrefix)
	a := l.NewArena("weights")
	t.Cleanup(a.Release)
	for _, p := range l.List {
		if err := d.Write(a.Tensor(p.Name), g.Float32s("weights."+strings.TrimPrefix(p.Name, settings.BackbonePrefix))); err != nil {
			t.Fatal(err)
		}
	}
	return v, a
}

// embedding is one with the golden backbone, of images at 32 pixels.
func goldenEmbedding(t *testing.T, d *gpu.Device, s augment.Source) (Embedding, *layers.Arena) {
	t.Helper()
	v, weights := goldenNet(t, d)
	return Embedding{Source: s, ViT: v, Mean: settings.RGB{.485, .456, .406}, Std: settings.RGB{.229, .224, .225}, Size: 32}, weights
}

// embed collects all parts, which have to come in order.
func embed(t *testing.T, d *gpu.Device, e Embedding, weights *layers.Arena) ([]Embedded, EmbedTimes) {
	t.Helper()
	var rows []Embedded
	times, err := e.Run(context.Background(), d, weights, func(r Embedded) error {
		if r.Index != len(rows) {
			t.Fatalf("image %d comes behind %d others", r.Index, len(rows))
		}
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, times
}

// goldenImages are photo.png, it transposed, and its upper left.
func goldenImages(t *testing.T) imageSource {
	t.Helper()
	s, err := augment.OpenImages(golden.Path(t, "photo.png"))
	if err != nil {
		t.Fatal(err)
	}
	photo, err := s.Decode(0)
	if err != nil {
		t.Fatal(err)
	}
	turned, part := augment.NewImage(photo.H, photo.W), augment.NewImage(48, 40)
	for y := range photo.H {
		for x := range photo.W {
			p := photo.Pix[(y*photo.W+x)*3:][:3]
			copy(turned.Pix[(x*photo.H+y)*3:], p)
			if x < part.W && y < part.H {
				copy(part.Pix[(y*part.W+x)*3:], p)
			}
		}
	}
	return imageSource{photo, turned, part}
}

// blocksOf keeps the last n of the four blocks that the golden tokens (many, 4*dim) hold side by side.
func blocksOf(tokens []float32, n, dim int) []float32 {
	var kept []float32
	for row := range slices.Chunk(tokens, 4*dim) {
		kept = append(kept, row[(4-n)*dim:]...)
	}
	return kept
}

// Files to features as PyTorch, torchvision and Pillow make them: the last block and the last four, classes and patches,
// the central square and whole images of three shapes.
func TestEmbedGolden(t *testing.T) {
	d, g := device(t), golden.Open(t, "embed.safetensors")
	e, weights := goldenEmbedding(t, d, goldenImages(t))
	dim := e.ViT.Dim
	for view, set := range map[string]func(*Embedding){
		"crop":    func(*Embedding) {},
		"whole32": func(e *Embedding) { e.Whole = true },
		"whole40": func(e *Embedding) { e.Whole, e.Size = true, 40 },
	} {
		for _, n := range []int{1, 4} {
			e := e
			set(&e)
			e.Blocks, e.Patches = n, n == 4
			rows, times := embed(t, d, e, weights)
			if len(rows) != 3 || times.Images != 3 || times.LeftOut != 0 || times.Device <= 0 || times.Building <= 0 || e.Dim() != n*dim {
				t.Fatalf("%s: %d images, %+v", view, len(rows), times)
			}
			for i, r := range rows {
				want := blocksOf(g.Float32s(fmt.Sprintf("image%d.%s", i, view)), n, dim)
				near(t, fmt.Sprintf("%s, image %d, n%d", view, i, n), r.Features, want[:n*dim])
				if r.Grid[0]*r.Grid[1]*n*dim != len(want)-n*dim || !e.Whole && r.Grid != e.Grid() {
					t.Errorf("%s, image %d: a grid of %v", view, i, r.Grid)
				}
				if e.Patches {
					near(t, fmt.Sprintf("%s, image %d, patches", view, i), r.Patches, want[n*dim:])
				} else if r.Patches != nil {
					t.Error("patch tokens that nobody asked for")
				}
			}
		}
	}
}

// The features that linear probes are given: the last block's, and the last four side by side.
func TestEmbedGoldenLinear(t *testing.T) {
	d, g := device(t), golden.Open(t, "linear.safetensors")
	v, weights := goldenNet(t, d)
	for _, size := range []struct{ n, h, w int }{{3, 32, 32}, {2, 48, 40}} {
		tag := fmt.Sprintf("%dx%d.", size.h, size.w)
		for _, blocks := range []int{1, 4} {
			net, err := dino.NewBackbone(d, d.Target(), dino.BackboneConfig{ViT: v, Height: size.h, Width: size.w, Batch: 2, Blocks: blocks, Normalized: true}, weights)
			if err != nil {
				t.Fatal(err)
			}
			input := g.Float32s(tag + "input")
			out, err := net.RunNormalized(context.Background(), slices.Collect(slices.Chunk(input, len(input)/size.n)))
			net.Release()
			if err != nil {
				t.Fatal(err)
			}
			var all []float32
			for _, r := range rowsOf(out, size.n, [2]int{size.h / 8, size.w / 8}) {
				all = append(all, r.Features...)
			}
			near(t, fmt.Sprintf("%sn%d", tag, blocks), all, g.Float32s(fmt.Sprintf("%sn%d", tag, blocks)))
		}
	}
}
