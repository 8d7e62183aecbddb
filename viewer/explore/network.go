package explore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A network is trained weights on a device, and a backbone for each of the last few sizes of images.
type network struct {
	d        *gpu.Device
	target   gpu.Target
	model    *weights.Model
	arena    *layers.Arena
	features bool     // patch features are wanted beside attention
	built    []*sized // the one used last stands last
}

// A sized is a backbone for images of one size, as deep as the block that is looked at.
type sized struct {
	size  size
	b     *dino.Backbone
	holds *augment.Image // whose queries and keys it keeps
}

// A size is images of w x h pixels, looked at in a block.
type size struct{ w, h, block int }

// mostBuilt backbones are kept at once.
const mostBuilt = 3

// seen is what a block makes of an image.
type seen struct {
	gridH, gridW int
	maps         [][]float32 // of each head: the class token's attention to the patches, (gridH, gridW)
	features     []float32   // of the patches after this block and the final norm, (gridH, gridW, dim); empty if not wanted
	dim          int
}

func newNetwork(d *gpu.Device, target gpu.Target, model *weights.Model, role string, features bool) (*network, error) {
	arena, err := model.Upload(d, role)
	if err != nil {
		return nil, err
	}
	return &network{d: d, target: target, model: model, arena: arena, features: features}, nil
}

func (n *network) release() {
	for _, s := range n.built {
		s.b.Release()
	}
	n.built = nil
	n.arena.Release()
}

// config is the backbone's for a size. What lies behind the block is not computed: the backbone ends there.
func (n *network) config(s size) dino.BackboneConfig {
	c := dino.BackboneConfig{
		ViT: n.model.ViT, Mean: n.model.Mean, Std: n.model.Std, Height: s.h, Width: s.w, Batch: 1,
		Attention: []int{s.block}, Keep: true,
	}
	c.ViT.Depth = s.block + 1
	if n.features {
		c.Blocks, c.Patches = 1, true
	}
	return c
}

// run looks at an image, whose sides are whole patches, in a block.
func (n *network) run(ctx context.Context, im *augment.Image, block int) (*seen, error) {
	b, err := n.backbone(size{im.W, im.H, block})
	if err != nil {
		return nil, err
	}
	b.holds = nil
	if err := b.b.SetQueries(0); err != nil {
		return nil, err
	}
	out, err := b.b.Run(ctx, [][]uint8{im.Pix})
	if err != nil {
		return nil, err
	}
	b.holds = im
	s := &seen{maps: n.maps(out), dim: n.model.ViT.Dim}
	s.gridH, s.gridW = b.b.Config.Grid()
	if len(out.Patches) > 0 {
		s.features = out.Patches[0]
	}
	return s, nil
}

// attend gives each head's attention of another token, 1 + the patch's number. The network only runs again where it has
// seen another image of this size since.
func (n *network) attend(ctx context.Context, im *augment.Image, block, token int) ([][]float32, error) {
	b, err := n.backbone(size{im.W, im.H, block})
	if err != nil {
		return nil, err
	}
	if b.holds != im {
		if _, err := n.run(ctx, im, block); err != nil {
			return nil, err
		}
	}
	out, err := b.b.Attend(token)
	if err != nil {
		return nil, err
	}
	return n.maps(out), nil
}

func (n *network) maps(out *dino.BackboneOutput) [][]float32 {
	var maps [][]float32
	for h := range n.model.ViT.Heads {
		maps = append(maps, out.Map(0, 0, 0, h))
	}
	return maps
}

// backbone gives the one for a size, which is built if it is not there.
func (n *network) backbone(s size) (*sized, error) {
	if i := slices.IndexFunc(n.built, func(b *sized) bool { return b.size == s }); i >= 0 {
		b := n.built[i]
		n.built = append(slices.Delete(n.built, i, i+1), b)
		return b, nil
	}
	for len(n.built) >= mostBuilt {
		n.drop()
	}
	b, err := n.build(s)
	for err != nil && len(n.built) > 0 {
		n.drop() // there may be room without it
		b, err = n.build(s)
	}
	if err != nil {
		return nil, err
	}
	n.built = append(n.built, b)
	return b, nil
}

// drop releases the backbone that was not used for longest.
func (n *network) drop() {
	n.built[0].b.Release()
	n.built = slices.Delete(n.built, 0, 1)
}

// An imageError is of the image that is looked at: it cannot be read, or is too large. Every other error is of the device.
type imageError struct{ error }

func (e *imageError) Unwrap() error { return e.error }

func ofImage(err error) bool { return errors.As(err, new(*imageError)) }

func (n *network) build(s size) (*sized, error) {
	if err := n.fits(s); err != nil {
		return nil, &imageError{n.tooLarge(s, err)}
	}
	b, err := dino.NewBackbone(n.d, n.target, n.config(s), n.arena)
	if e := (*gpu.LimitError)(nil); errors.As(err, &e) {
		return nil, &imageError{n.tooLarge(s, err)}
	}
	if err != nil {
		return nil, err
	}
	return &sized{size: s, b: b}, nil
}

// fits tells what keeps the backbone of this size from running here: a limit, or a software adapter's memory.
func (n *network) fits(s size) error {
	p, err := dino.BackboneProgram(n.target, n.config(s), n.arena)
	if err != nil {
		return err
	}
	m, err := p.Plan()
	if err != nil {
		return err
	}
	need := m.Scratch + m.Textures
	for _, bytes := range m.Kept {
		need += bytes
	}
	if free := n.d.FreeMemory(); free > 0 && need > free {
		return fmt.Errorf("it takes %.1f GiB of memory, and %.1f GiB are free", gib(need), gib(free))
	}
	return nil
}

func gib(bytes int) float64 { return float64(bytes) / (1 << 30) }

// tooLarge is a sentence for an image that is too large, with the size that would do.
func (n *network) tooLarge(s size, err error) error {
	short := min(s.w, s.h)
	fits, above := 0, short // in pixels of the short side
	for above-fits > n.model.ViT.Patch {
		try := (fits + above) / 2
		if n.fits(n.scaled(s, try)) == nil {
			fits = try
		} else {
			above = try
		}
	}
	fits -= fits % n.model.ViT.Patch
	if fits < n.model.ViT.Patch {
		return err // no size does: it is not the size
	}
	return fmt.Errorf("%d x %d pixels are too many for this adapter (%w): set `image_size` to %d", s.w, s.h, err, fits)
}

// scaled is a size of the same shape whose short side is short, in whole patches.
func (n *network) scaled(s size, short int) size {
	w, h := augment.ShownSize(s.w, s.h, short)
	patch := n.model.ViT.Patch
	return size{w - w%patch, h - h%patch, s.block}
}

// prepared is an image as the network sees it: resized so that its short side is short pixels, its aspect kept, and cut at
// the right and below to whole patches, as the reference cuts it.
func (n *network) prepared(im *augment.Image, short int) (*augment.Image, error) {
	patch := n.model.ViT.Patch
	if w, h := augment.ShownSize(im.W, im.H, short); w > settings.MaxSide || h > settings.MaxSide {
		long := max(w, h)
		return nil, fmt.Errorf("it would become %d x %d pixels, and a side has %d at most: set `image_size` to %d", w, h, settings.MaxSide, max(patch, short*settings.MaxSide/long))
	}
	im = augment.Shown(im, short)
	w, h := im.W-im.W%patch, im.H-im.H%patch
	if w < patch || h < patch {
		return nil, fmt.Errorf("%d x %d pixels are less than one patch of %d: set `image_size` to %d or more", im.W, im.H, patch, patch)
	}
	if w == im.W && h == im.H {
		return im, nil
	}
	return augment.ResizedCrop(im, augment.Box{W: w, H: h}, w, h), nil
}
