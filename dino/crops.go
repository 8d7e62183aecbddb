package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A cropGroup is one or several crops of one size, which go up together and lie side by side.
type cropGroup struct {
	first, count int // crop numbers; 0 and 1 are the global ones
	size         int // pixels a side
	batch        int
	input        gpu.Tensor // packed bytes (count*batch, size, size, 3), or float32 (count*batch, 3, size, size)
	floats       bool
}

// A cropPass is what goes through the student at once.
type cropPass []*cropGroup

// cropPasses lays out the crops.
func cropPasses(c settings.Config, o Options) []cropPass {
	var passes []cropPass
	add := func(first, count, size int) {
		step := count
		if o.Crops == settings.CropsApart {
			step = 1
		}
		for v := first; v < first+count; v += step {
			g := &cropGroup{first: v, count: step, size: size, batch: c.BatchSize, floats: o.Floats}
			name, n := fmt.Sprintf("crops.%d", v), step*c.BatchSize
			if o.Floats {
				g.input = gpu.NewTensor(name, n, 3, size, size)
			} else {
				g.input = gpu.NewTensor(name, layers.PixelWords(n, size, size))
			}
			passes = append(passes, cropPass{g})
		}
	}
	add(0, 2, c.GlobalCropsSize)
	if c.LocalCropsNumber > 0 {
		add(2, c.LocalCropsNumber, c.LocalCropsSize)
	}
	if o.Crops == settings.CropsTogether && len(passes) == 2 {
		return []cropPass{{passes[0][0], passes[1][0]}}
	}
	return passes
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
	return t.uploadDropPath(b)
}
