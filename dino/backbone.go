package dino

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A BackboneConfig says which backbone runs, over images of which size, and what it gives of them; nothing else is
// computed. Blocks are numbered from 0, and so are an image's tokens: 0 is the class token, 1 + y*W + x the patch in row
// y and column x of the grid (H, W) of patches.
type BackboneConfig struct {
	ViT       layers.ViTConfig
	Mean, Std settings.RGB // a byte becomes (byte/255 - Mean) / Std in its channel

	// Height and Width are the images' pixels, whatever size the backbone was trained at. The grid is of whole patches
	// from the top left corner; pixels left over at the bottom and the right are cut off, as the reference does. Where
	// the grid is not ViT's own, or the image is not square, the positions are resized, bicubically.
	Height, Width int
	Batch         int // images that run together; 0: FittingBatch

	Blocks    int   // the class token of so many of the last blocks, after the final norm
	Patches   bool  // and their patch tokens
	Attention []int // the attention in these blocks
	Queries   []int // of these tokens to all tokens; nil: of the class token
	Keep      bool  // keep those blocks' queries and keys, for Attend

	Normalized bool // images are already normalized and come to RunNormalized; Mean and Std are not used
}

// BackboneOf is c's backbone over images of the global crops' size, for the class token of the last block.
func BackboneOf(c settings.Config) BackboneConfig {
	return BackboneConfig{ViT: c.ViT(), Mean: c.Mean, Std: c.Std, Height: c.GlobalCropsSize, Width: c.GlobalCropsSize, Blocks: 1}
}

// Grid is how many rows and columns of patches an image has.
func (c BackboneConfig) Grid() (h, w int) {
	patch := max(1, c.ViT.Patch) // 0 is refused when the backbone is built
	return c.Height / patch, c.Width / patch
}

// tokens is how many tokens an image has, the class token among them.
func (c BackboneConfig) tokens() int {
	h, w := c.Grid()
	return 1 + h*w
}

// FittingBatch is a number of images that run together well: up to 128, as in the reference's evaluations, with no
// tensor above 32 MiB.
func (c BackboneConfig) FittingBatch() int {
	widest := max(c.tokens()*4*c.ViT.Dim, 3*c.Height*c.Width) // the MLP's hidden layer, or the image itself
	if len(c.Attention) > 0 {
		widest = max(widest, max(1, len(c.Queries))*c.ViT.Heads*c.tokens())
	}
	return min(128, max(1, 32<<20/(4*max(1, widest))))
}

// check finds what cannot be run.
func (c BackboneConfig) check() error {
	if c.Normalized {
		c.Mean, c.Std = settings.RGB{}, settings.RGB{1, 1, 1}
	}
	if err := settings.CheckBackbone(c.ViT, c.Mean, c.Std); err != nil {
		return err
	}
	depth, patch := c.ViT.Depth, c.ViT.Patch
	if c.Height < patch || c.Width < patch || c.Height > settings.MaxSide || c.Width > settings.MaxSide {
		return fmt.Errorf("images of height %d and width %d cannot be cut into patches of %d pixels: each side has to be from %d to %d", c.Height, c.Width, patch, patch, settings.MaxSide)
	}
	switch {
	case c.Batch < 0:
		return fmt.Errorf("a batch of %d images was asked for: 1 is the least", c.Batch)
	case c.Blocks < 0 || c.Blocks > depth:
		return fmt.Errorf("the last %d blocks were asked for, and the backbone has %d: ask for at most that many", c.Blocks, depth)
	case c.Patches && c.Blocks == 0:
		return errors.New("patch tokens were asked for, and those of no block: ask for those of the last block or more")
	case c.Blocks == 0 && len(c.Attention) == 0:
		return errors.New("the backbone was asked for nothing: ask for tokens of its last blocks, or for attention")
	}
	for _, block := range c.Attention {
		if block < 0 || block >= depth {
			return fmt.Errorf("the attention of block %d was asked for, and the backbone's blocks are 0 to %d", block, depth-1)
		}
	}
	return c.checkQueries(c.Queries)
}

func (c BackboneConfig) checkQueries(tokens []int) error {
	h, w := c.Grid()
	for _, t := range tokens {
		if t < 0 || t > h*w {
			return fmt.Errorf("the attention of token %d was asked for, and tokens are 0, the class token, and 1 to %d, the %d x %d patches", t, h*w, h, w)
		}
	}
	return nil
}

// A Backbone runs frozen weights over images of one size, a batch at a time. Its methods are not for several goroutines
// at once.
type Backbone struct {
	Config BackboneConfig

	d       *gpu.Device
	program *gpu.Program
	attend  *gpu.Program // with Keep: the attention of the queries, from what program kept
	input   gpu.Tensor   // packed bytes (batch, H, W, 3), or float32 (batch, 3, H, W)
	queries gpu.Tensor
	given   layers.Inspected
	held    int // images that it holds queries and keys of
}

// NewBackbone builds the backbone of these weights, which have to outlive it: an arena whose parameters are the
// backbone's, or a network's with a head, as a Trainer's.
func NewBackbone(d *gpu.Device, target gpu.Target, c BackboneConfig, weights *layers.Arena) (*Backbone, error) {
	b, err := recordBackbone(target, c, weights)
	if err != nil {
		return nil, err
	}
	b.d = d
	for _, p := range b.programs() {
		if err := p.Build(d); err != nil {
			b.Release()
			return nil, err
		}
	}
	if err := b.SetQueries(b.Config.Queries...); err != nil {
		b.Release()
		return nil, err
	}
	return b, nil
}

// BackboneProgram is what NewBackbone builds, recorded without a device.
func BackboneProgram(target gpu.Target, c BackboneConfig, weights *layers.Arena) (*gpu.Program, error) {
	b, err := recordBackbone(target, c, weights)
	if err != nil {
		return nil, err
	}
	return b.program, nil
}

func recordBackbone(target gpu.Target, c BackboneConfig, weights *layers.Arena) (*Backbone, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("backbone: %w", err)
	}
	if err := checkWeights(c.ViT, weights); err != nil {
		return nil, fmt.Errorf("backbone: %w", err)
	}
	if c.Batch == 0 {
		c.Batch = c.FittingBatch()
	}
	if len(c.Queries) == 0 {
		c.Queries = []int{0}
	}
	p := gpu.NewProgram("backbone", target)
	b := &Backbone{Config: c, program: p, queries: gpu.NewTensor("queries", len(c.Queries))}
	var images layers.Images
	if c.Normalized {
		b.input = gpu.NewTensor("images", c.Batch, 3, c.Height, c.Width)
		images = layers.FloatImages(b.input)
	} else {
		b.input = gpu.NewTensor("images", layers.PixelWords(c.Batch, c.Height, c.Width))
		images = layers.ByteImages(b.input, c.Batch, c.Height, c.Width, c.Mean, c.Std)
	}
	vit := layers.NewViT(c.ViT, settings.BackbonePrefix, weights, nil)
	b.given = vit.Inspect(p, layers.GatherPatches(p, c.ViT.Patch, images), layers.Wanted{
		Blocks: c.Blocks, Patches: c.Patches, Attention: c.Attention, Queries: b.queries, Keep: c.Keep,
	})
	if c.Keep {
		b.recordAttend(target)
	}
	for _, p := range b.programs() {
		if err := p.Err(); err != nil {
			return nil, err
		}
	}
	for _, t := range b.given.Tokens {
		p.Pin(t)
	}
	for _, t := range b.given.Attention {
		b.attention().Pin(t)
	}
	return b, nil
}

// recordAttend records the program that makes the attention of the queries from what the blocks' queries and keys are.
func (b *Backbone) recordAttend(target gpu.Target) {
	c := b.Config
	b.attend = gpu.NewProgram("attention", target)
	for _, qkv := range b.given.QKV {
		attention := layers.Attention{Heads: c.ViT.Heads}
		b.given.Attention = append(b.given.Attention, attention.Probabilities(b.attend, qkv, layers.Spans{{B: c.Batch, T: c.tokens()}}, b.queries))
	}
}

// programs are those that run for a batch, in order.
func (b *Backbone) programs() []*gpu.Program {
	if b.attend == nil {
		return []*gpu.Program{b.program}
	}
	return []*gpu.Program{b.program, b.attend}
}

// attention is the program that makes the attention.
func (b *Backbone) attention() *gpu.Program {
	programs := b.programs()
	return programs[len(programs)-1]
}

// checkWeights finds a parameter of the backbone that weights lack.
func checkWeights(v layers.ViTConfig, weights *layers.Arena) error {
	there := map[string][]int{}
	for _, p := range weights.Layout.List {
		there[p.Name] = p.Shape
	}
	l := &layers.Params{}
	v.AddParams(l, settings.BackbonePrefix)
	for _, p := range l.List {
		switch shape, ok := there[p.Name]; {
		case !ok:
			return fmt.Errorf("these weights lack %s: they are another model's", p.Name)
		case !slices.Equal(shape, p.Shape):
			return fmt.Errorf("%s of these weights has the shape %v, this backbone's has %v: they are another model's", p.Name, shape, p.Shape)
		}
	}
	return nil
}

// SetQueries chooses other tokens whose attention is given from here on, as many as Config.Queries.
func (b *Backbone) SetQueries(tokens ...int) error {
	if err := b.Config.checkQueries(tokens); err != nil {
		return fmt.Errorf("backbone: %w", err)
	}
	if len(tokens) != b.queries.Len() {
		return fmt.Errorf("backbone: it was built for the attention of %d tokens, not of %d", b.queries.Len(), len(tokens))
	}
	words := make([]uint32, len(tokens))
	for i, t := range tokens {
		words[i] = uint32(t)
	}
	b.Config.Queries = slices.Clone(tokens)
	return b.d.WriteBits(b.queries, words)
}

// Release gives the backbone's memory back; the weights stay.
func (b *Backbone) Release() {
	for _, p := range b.programs() {
		p.Release()
	}
	gpu.Release(append(b.given.QKV, b.input, b.queries)...)
}

// Features gives the class token (N, Dim) of N images as the last block leaves it, after the final norm. Config.Blocks
// has to be at least 1.
func (b *Backbone) Features(ctx context.Context, images [][]uint8) ([]float32, error) {
	out, err := b.Run(ctx, images)
	if err != nil {
		return nil, err
	}
	if len(out.Class) == 0 {
		return nil, errors.New("backbone: it was built for attention alone and gives no features")
	}
	return out.Class[len(out.Class)-1], nil
}
