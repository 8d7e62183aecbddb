package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A cropGroup is one or several crops of one size that go through the network side by side.
type cropGroup struct {
	first, count int // crop numbers; 0 and 1 are the global ones
	size         int // pixels a side
	batch        int
	input        gpu.Tensor // packed bytes (count*batch, size, size, 3), or float32 (count*batch, 3, size, size)
	floats       bool

	words []uint32 // staging of input
}

// cropGroups lays out the crops: of one size together, or each by itself.
func cropGroups(c Config, o Options) []*cropGroup {
	var groups []*cropGroup
	add := func(first, count, size int) {
		step := count
		if o.Crops == "apart" {
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
			groups = append(groups, g)
		}
	}
	add(0, 2, c.GlobalCropsSize)
	if c.LocalCropsNumber > 0 {
		add(2, c.LocalCropsNumber, c.LocalCropsSize)
	}
	return groups
}

// images are the group's pictures, count*batch of them.
func (g *cropGroup) images(c Config) layers.Images {
	if g.floats {
		return layers.FloatImages(g.input)
	}
	return layers.ByteImages(g.input, g.count*g.batch, g.size, g.size, c.Mean, c.Std)
}

// uploadBatch writes a batch's crops into the groups' inputs.
func (t *Trainer) uploadBatch(b *augment.Batch) error {
	for _, g := range t.groups {
		if g.words == nil {
			g.words = make([]uint32, g.input.Len())
		}
		bytes, at := bytesOf(g.words), 0
		for _, view := range b.Views[g.first : g.first+g.count] {
			at += copy(bytes[at:], view)
		}
		if want := 3 * g.count * g.batch * g.size * g.size; at != want {
			return fmt.Errorf("batch %d has %d bytes for crops %d to %d, %d are needed", b.N, at, g.first, g.first+g.count-1, want)
		}
		if err := t.device.WriteBits(g.input, g.words); err != nil {
			return err
		}
	}
	return nil
}
