package eval

import (
	"fmt"
	"slices"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// mostNets backbones are built at once.
const mostNets = 6

// embedNets are backbones for images of several shapes, of which the one that was used longest ago makes room for another.
type embedNets struct {
	Embedding
	d       *gpu.Device
	weights *layers.Arena
	built   []*dino.Backbone // the one used last comes last
	seen    map[shape]fitting
}

// A fitting is the most images of a shape that run together; none, and why.
type fitting struct {
	most int
	err  error
}

func newEmbedNets(e Embedding, d *gpu.Device, weights *layers.Arena) embedNets {
	return embedNets{Embedding: e, d: d, weights: weights, seen: map[shape]fitting{}}
}

// get is a backbone for n images of a shape, of which a full batch has `full`. Fewer run in the next power of two, so that
// a shape has few backbones, and a single odd image is not paid for as a batch.
func (b *embedNets) get(s shape, n, full int) (*dino.Backbone, error) {
	f := b.fits(s, full)
	if f.err != nil {
		return nil, f.err
	}
	batch := 1
	for batch < n {
		batch *= 2
	}
	batch = min(batch, full, f.most)
	for i, net := range b.built {
		if c := net.Config; c.Height == s.h && c.Width == s.w && c.Batch == batch {
			b.built = append(slices.Delete(b.built, i, i+1), net)
			return net, nil
		}
	}
	if len(b.built) >= mostNets {
		b.built[0].Release()
		b.built = slices.Delete(b.built, 0, 1)
	}
	net, err := b.build(s, batch)
	if err != nil && len(b.built) > 0 { // of device memory, perhaps: nobody says how much there is
		b.release()
		net, err = b.build(s, batch)
	}
	if err != nil {
		return nil, fmt.Errorf("images of %s pixels: %w", s, err)
	}
	b.built = append(b.built, net)
	return net, nil
}

func (b *embedNets) build(s shape, batch int) (*dino.Backbone, error) {
	c := b.config(s.h, s.w)
	c.Batch = batch
	return dino.NewBackbone(b.d, b.d.Target(), c, b.weights)
}

func (b *embedNets) release() {
	for _, net := range b.built {
		net.Release()
	}
	b.built = nil
}

// fits finds how many images of a shape run together, at most `full`; and where none can, which size could.
func (b *embedNets) fits(s shape, full int) fitting {
	if f, known := b.seen[s]; known {
		return f
	}
	most, cause := full, b.room(s, full)
	for cause != nil && most > 1 {
		most /= 2
		cause = b.room(s, most)
	}
	f := fitting{most: most}
	if cause != nil {
		f = fitting{err: b.tooLarge(s, cause)}
	}
	b.seen[s] = f
	return f
}

// tooLarge looks for the largest image of about the same ratio that fits.
func (b *embedNets) tooLarge(s shape, cause error) error {
	e := &TooLargeError{Width: s.w, Height: s.h, Cause: cause}
	patch, short := b.ViT.Patch, min(s.h, s.w)
	scaled := func(patches int) shape {
		side := func(n int) int { return max(1, n*patches/short) * patch }
		return shape{side(s.h), side(s.w)}
	}
	low, high := 0, max(1, short/patch) // the short side in patches: low fits, high does not
	for high-low > 1 {
		if mid := (low + high) / 2; b.room(scaled(mid), 1) == nil {
			low = mid
		} else {
			high = mid
		}
	}
	if low > 0 {
		fits := scaled(low)
		e.FitsWidth, e.FitsHeight = fits.w, fits.h
	}
	return e
}

// room is nil where a batch of a shape passes no limit, and the memory that is known to be free is enough.
func (b *embedNets) room(s shape, batch int) error {
	c := b.config(s.h, s.w)
	c.Batch = batch
	p, err := dino.BackboneProgram(b.d.Target(), c, b.weights)
	if err != nil {
		return err
	}
	m, err := p.Plan()
	if err != nil {
		return err
	}
	need := m.Scratch + m.Textures
	if free := b.d.FreeMemory(); free > 0 && need > free {
		return fmt.Errorf("it takes %s of memory, and %s are free", disk.Size(uint64(need)), disk.Size(uint64(free)))
	}
	return nil
}

// A TooLargeError says that an adapter cannot run a network over images of this size, and what it can.
type TooLargeError struct {
	Width, Height         int // of the image, as the network would see it
	FitsWidth, FitsHeight int // the largest of nearly the same ratio that fits; 0 where that is not known
	Cause                 error
}

func (e *TooLargeError) Error() string {
	text := fmt.Sprintf("an image of %d x %d pixels is too large for this network here (%v): ", e.Width, e.Height, e.Cause)
	if e.FitsWidth == 0 {
		return text + "lower `image_size`"
	}
	return text + fmt.Sprintf("%d x %d would fit, lower `image_size`", e.FitsWidth, e.FitsHeight)
}

func (e *TooLargeError) Unwrap() error { return e.Cause }
