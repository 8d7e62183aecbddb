package eval

import (
	"context"
	"errors"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A Look is what a network's last block makes of the patches of an image, (GridH, GridW).
type Look struct {
	Maps     [][]float32 // of each head: the class token's attention to the patches, (GridH, GridW)
	Features []float32   // of the patches, after the final norm: (GridH, GridW, Dim)
}

// A Looker runs a network over images, one at a time, for what its last block makes of their patches.
type Looker struct{ backbone *dino.Backbone }

// lookConfig is the backbone of a Looker for images of size x size pixels.
func lookConfig(c dino.BackboneConfig, size int) dino.BackboneConfig {
	c.Height, c.Width, c.Batch = size, size, 1
	c.Blocks, c.Patches, c.Attention = 1, true, []int{c.ViT.Depth - 1}
	return c
}

// NewLooker builds one for images of size x size pixels, whole patches. c says which network it is; the weights have to
// outlive the Looker.
func NewLooker(d *gpu.Device, target gpu.Target, c dino.BackboneConfig, size int, weights *layers.Arena) (*Looker, error) {
	b, err := dino.NewBackbone(d, target, lookConfig(c, size), weights)
	if err != nil {
		return nil, err
	}
	return &Looker{b}, nil
}

// Grid is how many rows and columns of patches an image has.
func (l *Looker) Grid() (h, w int) { return l.backbone.Config.Grid() }

// Look runs the network over an image of RGB bytes.
func (l *Looker) Look(ctx context.Context, pixels []uint8) (Look, error) {
	out, err := l.backbone.Run(ctx, [][]uint8{pixels})
	if err != nil {
		return Look{}, err
	}
	look := Look{Features: out.Patches[0]}
	for h := range l.backbone.Config.ViT.Heads {
		look.Maps = append(look.Maps, out.Map(0, 0, 0, h))
	}
	return look, nil
}

// Release gives its memory back; the weights stay.
func (l *Looker) Release() { l.backbone.Release() }

// LargestLook is the largest size up to most, in whole patches, whose Looker takes no more than so many bytes on the device
// beside the weights; the size that the network was trained at where no larger one does.
func LargestLook(target gpu.Target, c dino.BackboneConfig, most, bytes int, weights *layers.Arena) (int, error) {
	patch := c.ViT.Patch
	fits := func(size int) (bool, error) {
		p, err := dino.BackboneProgram(target, lookConfig(c, size), weights)
		if limit := (*gpu.LimitError)(nil); errors.As(err, &limit) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		m, err := p.Plan()
		if err != nil {
			return false, err
		}
		return m.Scratch+m.Textures <= bytes, nil
	}
	least := c.Height - c.Height%patch
	low, high := least/patch, max(most/patch, least/patch) // low is taken in any case
	for low < high {
		middle := (low + high + 1) / 2
		ok, err := fits(middle * patch)
		if err != nil {
			return 0, err
		}
		if ok {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low * patch, nil
}

// LookCost is the arithmetic of a look at an image of size x size pixels beside that of another size.
func LookCost(c dino.BackboneConfig, size, beside int) float64 {
	work := func(size int) float64 {
		c.Height, c.Width = size, size
		h, w := c.Grid()
		T, D := float64(1+h*w), float64(c.ViT.Dim)
		return 12*T*D*D + 2*T*T*D
	}
	return work(size) / work(beside)
}
