package dino

import (
	"context"
	"errors"
	"fmt"
)

// A BackboneOutput is what a Backbone gives of N images; what its configuration does not ask for is empty. Dim and Heads
// are the backbone's, H x W its grid of patches, T = 1 + H*W its tokens, Q the queries.
type BackboneOutput struct {
	Class     [][]float32 // of each of the last blocks, the oldest first: (N, Dim)
	Patches   [][]float32 // of each of the last blocks, the oldest first: (N, H, W, Dim)
	Attention [][]float32 // of each block in Config.Attention: (N, Q, Heads, T); the T weights of a row sum to 1

	queries, heads, tokens int
}

// Map is how one query of an image attends to the patches in one head, (H, W), as the k-th block of Config.Attention has
// it. What goes to the class token is left out, so that it sums to less than 1.
func (o *BackboneOutput) Map(k, image, query, head int) []float32 {
	at := ((image*o.queries+query)*o.heads + head) * o.tokens
	return o.Attention[k][at+1 : at+o.tokens : at+o.tokens]
}

// Run gives what the configuration asks for of N images of RGB bytes (Height, Width, 3).
func (b *Backbone) Run(ctx context.Context, images [][]uint8) (*BackboneOutput, error) {
	if b.Config.Normalized {
		return nil, errors.New("backbone: it was built for normalized images and was given bytes")
	}
	return run(ctx, b, images, func(batch [][]uint8) error { return b.d.WriteBytes(b.input, 0, batch...) })
}

// RunNormalized does the same for normalized images (3, Height, Width).
func (b *Backbone) RunNormalized(ctx context.Context, images [][]float32) (*BackboneOutput, error) {
	if !b.Config.Normalized {
		return nil, errors.New("backbone: it was built for bytes and was given normalized images")
	}
	size := 3 * b.Config.Height * b.Config.Width
	return run(ctx, b, images, func(batch [][]float32) error {
		for i, image := range batch {
			if err := b.d.Write(b.input.Slice("image", i*size, size), image); err != nil {
				return err
			}
		}
		return nil
	})
}

// run runs the program over batches of images.
func run[E uint8 | float32](ctx context.Context, b *Backbone, images [][]E, upload func(batch [][]E) error) (*BackboneOutput, error) {
	c, size := b.Config, 3*b.Config.Height*b.Config.Width
	for i, image := range images {
		if len(image) != size {
			return nil, fmt.Errorf("backbone: image %d has %d values, an RGB image of %d x %d pixels has %d", i, len(image), c.Height, c.Width, size)
		}
	}
	out := b.output(len(images))
	for at := 0; at < len(images); at += c.Batch {
		batch := images[at:min(at+c.Batch, len(images))]
		if err := upload(batch); err != nil {
			return nil, err
		}
		b.held = 0
		for _, p := range b.programs() {
			if err := p.RunContext(ctx); err != nil {
				return nil, err
			}
		}
		b.held = len(batch)
		if err := b.read(out, at, len(batch)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// output makes room for what is given of n images.
func (b *Backbone) output(n int) *BackboneOutput {
	c, T := b.Config, b.Config.tokens()
	o := &BackboneOutput{queries: len(c.Queries), heads: c.ViT.Heads, tokens: T}
	rooms := func(count, each int) [][]float32 {
		rooms := make([][]float32, count)
		for i := range rooms {
			rooms[i] = make([]float32, n*each)
		}
		return rooms
	}
	o.Class = rooms(c.Blocks, c.ViT.Dim)
	if c.Patches {
		o.Patches = rooms(c.Blocks, (T-1)*c.ViT.Dim)
	}
	o.Attention = rooms(len(c.Attention), len(c.Queries)*c.ViT.Heads*T)
	return o
}

// read copies what the program made of n images to their place in out, from image `first` on.
func (b *Backbone) read(out *BackboneOutput, first, n int) error {
	D := b.Config.ViT.Dim
	for k, t := range b.given.Tokens {
		values := make([]float32, t.Len())
		if err := b.program.Read(t, values); err != nil {
			return err
		}
		if !b.Config.Patches {
			copy(out.Class[k][first*D:], values[:n*D])
			continue
		}
		patches := (out.tokens - 1) * D
		for i := range n {
			image := values[i*(D+patches) : (i+1)*(D+patches)]
			copy(out.Class[k][(first+i)*D:], image[:D])
			copy(out.Patches[k][(first+i)*patches:], image[D:])
		}
	}
	return b.readAttention(out, first, n)
}

// readAttention copies the attention of n images.
func (b *Backbone) readAttention(out *BackboneOutput, first, n int) error {
	for k, t := range b.given.Attention {
		values := make([]float32, t.Len())
		if err := b.attention().Read(t, values); err != nil {
			return err
		}
		each := len(values) / b.Config.Batch
		copy(out.Attention[k][first*each:], values[:n*each])
	}
	return nil
}

// Attend gives the attention of other tokens, as many as Config.Queries, in the images of the last batch that Run was
// given, from what was kept of it: the network does not run again. Config.Keep has to be set.
func (b *Backbone) Attend(tokens ...int) (*BackboneOutput, error) {
	switch {
	case b.attend == nil:
		return nil, errors.New("backbone: it was built without keeping queries and keys, so that attention comes with a run alone")
	case b.held == 0:
		return nil, errors.New("backbone: it holds no image's queries and keys: run it first")
	}
	if err := b.SetQueries(tokens...); err != nil {
		return nil, err
	}
	if err := b.attend.Run(); err != nil {
		return nil, err
	}
	c := b.Config
	out := &BackboneOutput{queries: len(c.Queries), heads: c.ViT.Heads, tokens: c.tokens()}
	for range c.Attention {
		out.Attention = append(out.Attention, make([]float32, b.held*len(c.Queries)*c.ViT.Heads*c.tokens()))
	}
	return out, b.readAttention(out, 0, b.held)
}
