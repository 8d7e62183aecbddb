package dino

import (
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// checkForward runs the networks of both weights on the trainer's crops and compares features and logits.
func (g *goldenFile) checkForward(d *gpu.Device, tr *Trainer, target gpu.Target) {
	g.t.Helper()
	for _, net := range []struct {
		name   string
		arena  *layers.Arena
		passes []cropPass
	}{{"teacher", tr.Teacher, []cropPass{tr.passes[0][:1]}}, {"student", tr.Student, tr.passes}} {
		p := gpu.NewProgram("forward", target)
		last := layers.NewPrototypes(settings.HeadPrefix, net.arena, nil, false)
		last.Begin(p)
		var outs [][2]gpu.Tensor
		for _, x := range net.passes {
			f, y := forwardOf(p, tr, net.arena, x)
			outs = append(outs, [2]gpu.Tensor{p.Pin(f), p.Pin(last.Logits(p, y))})
		}
		if err := p.Build(d); err != nil {
			g.t.Fatal(err)
		}
		defer p.Release()
		if err := p.Run(); err != nil {
			g.t.Fatal(err)
		}
		for i, what := range []string{"features", "logits"} {
			var got []float32
			for _, o := range outs {
				v := make([]float32, o[i].Len())
				if err := p.Read(o[i], v); err != nil {
					g.t.Fatal(err)
				}
				got = append(got, v...)
			}
			g.near(net.name+" "+what, got, g.Float32s("step0."+net.name+"."+what), goldenForward)
		}
	}
}

// forwardOf records the features of a pass's crops, and what the prototypes are compared with.
func forwardOf(p *gpu.Program, tr *Trainer, weights *layers.Arena, x cropPass) (features, y gpu.Tensor) {
	c := tr.Config
	features = c.Backbone().Bind(settings.BackbonePrefix, weights, nil, layers.Training).Forward(p, x.input(p, c))
	return features, layers.NewHead(c.Head(), settings.HeadPrefix, weights, nil, layers.Training, false).Forward(p, features)
}

// lossOf is the loss of a trainer of DINO.
func lossOf(tr *Trainer) layers.Loss { return tr.method.(*dinoMethod).loss }

// checkHead runs the frozen head of the teacher on PyTorch's features and compares its logits.
func (g *goldenFile) checkHead(d *gpu.Device, tr *Trainer, target gpu.Target) {
	g.t.Helper()
	h, err := NewFrozenHead(d, target, tr.Config, tr.Teacher)
	if err != nil {
		g.t.Fatal(err)
	}
	defer h.Release()
	var got []float32
	err = h.Logits(g.Float32s("step0.teacher.features"), func(batch []float32) error {
		got = append(got, batch...)
		return nil
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.near("the frozen head's logits", got, g.Float32s("step0.teacher.logits"), goldenForward)
	if err := h.Logits(make([]float32, tr.Config.Size().Dim+1), nil); err == nil {
		g.t.Error("half a row of features was taken")
	}
}

// As it is trained, at six sizes, two not square, one not a multiple of the patch, beside testdata/golden/make.py.
func TestViTAgainstPyTorch(t *testing.T) {
	d := openDevice(t)
	for name, target := range everyTarget {
		for _, size := range [][2]int{{32, 32}, {16, 16}, {40, 24}, {65, 35}, {8, 8}, {96, 96}} {
			t.Run(fmt.Sprintf("%s/%dx%d", name, size[0], size[1]), func(t *testing.T) {
				g := readGolden(t, "vit")
				c := layers.ViTConfig{ImageSize: g.Int("size"), Patch: g.Int("patch"), Dim: g.Int("dim"), Depth: g.Int("depth"), Heads: g.Int("heads")}
				l := &layers.Params{}
				c.AddParams(l, "")
				weights := l.NewArena("weights")
				defer weights.Release()
				g.loadArena(d, weights, "weights.")
				tag := fmt.Sprintf("%dx%d.", size[0], size[1])
				images := gpu.NewTensor("images", 2, 3, size[0], size[1])
				defer gpu.Release(images)
				p := gpu.NewProgram("vit", target)
				patches := layers.GatherPatches(p, c.Patch, layers.FloatImages(images))
				feature := p.Pin(layers.NewViT(c, "", weights, nil).Forward(p, patches))
				if err := p.Build(d); err != nil {
					t.Fatal(err)
				}
				defer p.Release()
				if err := d.Write(images, g.Float32s(tag+"input")); err != nil {
					t.Fatal(err)
				}
				if err := p.Run(); err != nil {
					t.Fatal(err)
				}
				got := make([]float32, feature.Len())
				if err := p.Read(feature, got); err != nil {
					t.Fatal(err)
				}
				g.near("feature", got, g.Float32s(tag+"feature"), goldenForward)
			})
		}
	}
}
