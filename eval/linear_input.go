package eval

import (
	"context"
	"errors"
	"fmt"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// A LinearInput says what a linear classifier sees of a frozen backbone: the class tokens of so many of the last blocks,
// side by side, the oldest first; or that of the last block and the mean of its patch tokens, interleaved as the released
// code has them: class 0, mean 0, class 1, mean 1, ...
type LinearInput struct {
	Blocks  int
	AvgPool bool
}

// Dim is the number of values of an image.
func (in LinearInput) Dim(v layers.ViTConfig) int {
	if in.AvgPool {
		return 2 * v.Dim
	}
	return in.Blocks * v.Dim
}

// Check refuses what does not go with such a backbone.
func (in LinearInput) Check(v layers.ViTConfig) error {
	switch {
	case in.Blocks < 1 || in.Blocks > v.Depth:
		return fmt.Errorf("`n_last_blocks` %d: the backbone has %s", in.Blocks, settings.Count(v.Depth, "block"))
	case in.AvgPool && in.Blocks != 1:
		return errors.New("`avgpool_patchtokens` goes with `n_last_blocks` 1 alone: with more blocks the released code fails too, so that nobody knows the order of its features")
	}
	return nil
}

// Config is the backbone that gives it.
func (in LinearInput) Config(c dino.BackboneConfig) dino.BackboneConfig {
	c.Blocks, c.Patches = in.Blocks, in.AvgPool
	return c
}

// rows are the features (N, Dim) of the n images that a backbone ran over.
func (in LinearInput) rows(out *dino.BackboneOutput, n int) []float32 {
	var all []float32
	for i := range n {
		class := sideBySide(out.Class, i, n, 1)
		if !in.AvgPool {
			all = append(all, class...)
			continue
		}
		dim := len(class)
		patches := out.Patches[0][i*len(out.Patches[0])/n:][:len(out.Patches[0])/n]
		sums := make([]float64, dim)
		for at, v := range patches {
			sums[at%dim] += float64(v)
		}
		for j, v := range class {
			all = append(all, v, float32(sums[j]/float64(len(patches)/dim)))
		}
	}
	return all
}

// A LinearEmbedder gives the features of a backbone that was built with Input.Config.
type LinearEmbedder struct {
	*dino.Backbone
	Input LinearInput
}

// Features gives the rows (N, Input.Dim) of N images.
func (e LinearEmbedder) Features(ctx context.Context, images [][]uint8) ([]float32, error) {
	out, err := e.Run(ctx, images)
	if err != nil {
		return nil, err
	}
	return e.Input.rows(out, len(images)), nil
}
