package main

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/layers"
)

// arenas are the weights of all networks.
func (e *evaluation) arenas() []*layers.Arena {
	var all []*layers.Arena
	for _, n := range e.networks {
		all = append(all, n.Arena)
	}
	return all
}

// backbone says how the networks run over square images of size x size, for their last class token.
func (e *evaluation) backbone(size int) dino.BackboneConfig {
	m := e.model
	return dino.BackboneConfig{ViT: m.ViT, Mean: m.Mean, Std: m.Std, Height: size, Width: size, Blocks: 1}
}

// fitImageSize puts the weights' own size where none was asked for, and refuses one below a patch.
func (e *evaluation) fitImageSize(size *int) error {
	if *size == 0 {
		*size = e.model.ViT.ImageSize
	}
	if *size < e.model.ViT.Patch {
		return usageError{fmt.Errorf("--image-size %d is smaller than one patch of %d pixels", *size, e.model.ViT.Patch)}
	}
	return nil
}

// sizeLike is an image size of the reference, which goes with weights trained at 224 pixels, in proportion for these
// weights: 320 at 28 is 40.
func (e *evaluation) sizeLike(reference int) int {
	return max(e.model.ViT.Patch, (reference*e.model.ViT.ImageSize+112)/224)
}
