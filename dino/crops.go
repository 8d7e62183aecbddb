package dino

import (
	"fmt"
	"slices"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A cropGroup is one or several crops of one size, which go up together and lie side by side.
type cropGroup struct {
	first, count int // crop numbers; 0 and 1 are the global ones
	student      bool
	teacher      bool // which networks they go through
	size         int  // pixels a side
	batch        int
	input        gpu.Tensor // packed bytes (count*batch, size, size, 3), or float32 (count*batch, 3, size, size)
	floats       bool
}

// A cropPass is what goes through a network at once. Its first group goes through the teacher where any does.
type cropPass []*cropGroup

// cropPasses lays out the crops that go through the student, the teacher or both, by number.
func cropPasses(c settings.Config, o Options, student, teacher []int) []cropPass {
	var passes []cropPass
	add := func(first, end, size int) {
		for v := first; v < end; {
			s, t := slices.Contains(student, v), slices.Contains(teacher, v)
			n := 1
			for o.Crops != settings.CropsApart && v+n < end && slices.Contains(student, v+n) == s && slices.Contains(teacher, v+n) == t {
				n++
			}
			if s || t {
				passes = append(passes, cropPass{newCropGroup(c, o, v, n, size, s, t)})
			}
			v += n
		}
	}
	add(0, 2, c.GlobalCropsSize)
	add(2, c.Crops(), c.LocalCropsSize)
	if o.Crops == settings.CropsTogether && len(passes) == 2 && passes[0][0].student && !passes[1][0].teacher {
		return []cropPass{{passes[0][0], passes[1][0]}}
	}
	return passes
}

func newCropGroup(c settings.Config, o Options, first, count, size int, student, teacher bool) *cropGroup {
	g := &cropGroup{first: first, count: count, student: student, teacher: teacher, size: size, batch: c.BatchSize, floats: o.Floats}
	name, n := fmt.Sprintf("crops.%d", first), count*c.BatchSize
	if o.Floats {
		g.input = gpu.NewTensor(name, n, 3, size, size)
	} else {
		g.input = gpu.NewTensor(name, layers.PixelWords(n, size, size))
	}
	return g
}

// first is the number of the pass's first crop.
func (x cropPass) first() int { return x[0].first }

// rows is the number of images of the pass, each crop counted by itself.
func (x cropPass) rows() int {
	n := 0
	for _, g := range x {
		n += g.count * g.batch
	}
	return n
}

// input records what the backbone makes of the pass's crops before any weight.
func (x cropPass) input(p *gpu.Program, c settings.Config) layers.Input {
	var images []layers.Images
	for _, g := range x {
		images = append(images, g.images(c))
	}
	return c.Backbone().Input(p, images...)
}

// images are the group's images, count*batch of them.
func (g *cropGroup) images(c settings.Config) layers.Images {
	if g.floats {
		return layers.FloatImages(g.input)
	}
	return layers.ByteImages(g.input, g.count*g.batch, g.size, g.size, c.Mean, c.Std)
}

// uploadBatch writes a batch's crops into the groups' inputs, and what drop path draws for them.
func (t *Trainer) uploadBatch(b *augment.Batch) error {
	for _, g := range t.groups {
		views, want := b.Views[g.first:g.first+g.count], 3*g.batch*g.size*g.size
		for i, view := range views {
			if len(view) != want {
				return fmt.Errorf("batch %d has %d bytes for crop %d, %d are needed", b.N, len(view), g.first+i, want)
			}
		}
		if err := t.device.WriteBytes(g.input, 0, views...); err != nil {
			return err
		}
	}
	if m, ok := t.method.(uploader); ok {
		if err := m.Upload(t.device, b); err != nil {
			return err
		}
	}
	return t.uploadDropPath(b)
}
