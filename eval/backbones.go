package eval

import (
	"slices"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// backbones are frozen networks of one size that look at the same images.
type backbones []*dino.Backbone

// newBackbones builds a backbone with configuration c for each network's weights.
func newBackbones(d *gpu.Device, target gpu.Target, c dino.BackboneConfig, networks ...*layers.Arena) (backbones, error) {
	var all backbones
	for _, weights := range networks {
		b, err := dino.NewBackbone(d, target, c, weights)
		if err != nil {
			all.release()
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

// embedders are the backbones as embedders, which return the last class token.
func (all backbones) embedders() []Embedder {
	var out []Embedder
	for _, b := range all {
		out = append(out, b)
	}
	return out
}

func (all backbones) release() {
	for _, b := range all {
		b.Release()
	}
}

// evenBatch is the number of images per batch for sets of these sizes: as many as fit, in batches of even length.
func evenBatch(c dino.BackboneConfig, sets ...int) int {
	n, most := slices.Max(sets), c.FittingBatch()
	return ceil(n, ceil(n, most))
}
