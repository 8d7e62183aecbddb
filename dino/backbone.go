package dino

import (
	"context"
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A Backbone runs frozen weights over pictures of one size, a batch at a time.
type Backbone struct {
	Dim, Heads int
	GridH      int // patches
	GridW      int

	d         *gpu.Device
	program   *gpu.Program
	input     gpu.Tensor
	features  gpu.Tensor // (batch, Dim)
	attention gpu.Tensor // (batch, Heads, 1 + GridH GridW)
	batch     int
	bytes     int // of a picture
	size      int
}

// NewBackbone builds the backbone of these weights for size x size pictures, batch at a time, with the last
// block's attention if asked. The weights must be an arena that holds c's backbone: a trainer's, or Weights.Upload's.
func NewBackbone(d *gpu.Device, c settings.Config, target gpu.Target, weights *layers.Arena, size, batch int, attention bool) (*Backbone, error) {
	p := gpu.NewProgram("backbone", target)
	v := c.ViT()
	b := &Backbone{
		Dim: v.Dim, Heads: v.Heads, GridH: size / v.Patch, GridW: size / v.Patch,
		d: d, program: p, batch: batch, bytes: 3 * size * size, size: size,
		input: gpu.NewTensor("pictures", layers.PixelWords(batch, size, size)),
	}
	vit := layers.NewViT(v, settings.BackbonePrefix, weights, nil)
	b.features = p.Pin(vit.Forward(p, layers.GatherPatches(p, v.Patch, layers.ByteImages(b.input, batch, size, size, c.Mean, c.Std))))
	if attention {
		b.attention = p.Pin(vit.LastAttention(p))
	}
	if err := p.Build(d); err != nil {
		b.Release()
		return nil, err
	}
	return b, nil
}

// BackboneBatch is how many size x size pictures a backbone takes at once where nothing asks for another number:
// up to 128, as the reference's evaluations, with no tensor above 32 MiB.
func BackboneBatch(v layers.ViTConfig, size int) int {
	tokens := size/v.Patch*(size/v.Patch) + 1
	widest := 4 * max(tokens*4*v.Dim, 3*size*size) // bytes: the MLP's hidden layer, or the picture itself
	return min(128, max(1, 32<<20/widest))
}

// Release gives the backbone's memory back; the weights stay.
func (b *Backbone) Release() {
	b.program.Release()
	gpu.Release(b.input)
}

// Features gives the class token's features (n, Dim) of n pictures, each size x size RGB bytes.
func (b *Backbone) Features(ctx context.Context, n int, picture func(i int) ([]uint8, error)) ([]float32, error) {
	out := make([]float32, 0, n*b.Dim)
	rows := make([]float32, b.features.Len())
	err := b.each(ctx, n, picture, func(count int) error {
		if err := b.program.Read(b.features, rows); err != nil {
			return err
		}
		out = append(out, rows[:count*b.Dim]...)
		return nil
	})
	return out, err
}

// Attention gives, for each of n pictures and each head, how the class token of the last block attends to the
// patches: GridH x GridW weights, the class token's own left out.
func (b *Backbone) Attention(ctx context.Context, n int, picture func(i int) ([]uint8, error)) ([][][]float32, error) {
	if b.attention.IsZero() {
		return nil, fmt.Errorf("the backbone was built without its attention")
	}
	var out [][][]float32
	all := make([]float32, b.attention.Len())
	T := 1 + b.GridH*b.GridW
	err := b.each(ctx, n, picture, func(count int) error {
		if err := b.program.Read(b.attention, all); err != nil {
			return err
		}
		for i := range count {
			maps := make([][]float32, b.Heads)
			for h := range maps {
				at := (i*b.Heads + h) * T
				maps[h] = append([]float32(nil), all[at+1:at+T]...)
			}
			out = append(out, maps)
		}
		return nil
	})
	return out, err
}

// each runs the program over batches of pictures, whose bytes have to stay until their batch went up; done gets how many of the batch are real.
func (b *Backbone) each(ctx context.Context, n int, picture func(i int) ([]uint8, error), done func(count int) error) error {
	for at := 0; at < n; at += b.batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		count := min(b.batch, n-at)
		pictures := make([][]byte, count)
		for i := range pictures {
			pixels, err := picture(at + i)
			if err != nil {
				return err
			}
			if len(pixels) != b.bytes {
				return fmt.Errorf("picture %d has %d bytes, a %d x %d RGB picture has %d", at+i, len(pixels), b.size, b.size, b.bytes)
			}
			pictures[i] = pixels
		}
		if err := b.d.WriteBytes(b.input, 0, pictures...); err != nil {
			return err
		}
		if err := b.program.Run(); err != nil {
			return err
		}
		if err := done(count); err != nil {
			return err
		}
	}
	return nil
}
