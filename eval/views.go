package eval

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// Bounds of the views that are kept.
const (
	mostViews     = 512
	mostViewBytes = 192 << 20
)

// Views are M images in two views each, made once and kept: as evaluations see them (EvalView), and a moved copy
// (augment.Moved: a random crop of 0.4 to 1 of the area, flipped half the time, recolored).
type Views struct {
	Originals, Moved [][]uint8 // RGB bytes (size, size, 3) each, an image's two views at the same place
}

// CountViews is M of a source of n images in views of size x size pixels: all of them, at most 512, and so many that the
// views take no more than 192 MiB.
func CountViews(n, size int) int {
	return min(n, mostViews, max(2, mostViewBytes/(6*size*size)))
}

// OpenViews makes the views of CountViews images of src, which the seed draws; the same ones each time. Images that cannot
// be read are left out. Fewer than two images are an error: nothing can be told of them.
func OpenViews(ctx context.Context, src augment.Source, size int, seed uint64) (*Views, error) {
	which := draw(src.Len(), CountViews(src.Len(), size), seed)
	next, stop := ahead(ctx, len(which), 0, 64, func(n int) ([2][]uint8, error) {
		im, err := src.Decode(which[n])
		if err != nil {
			return [2][]uint8{}, err
		}
		return [2][]uint8{augment.EvalView(im, size), augment.Moved(im, size, seed, which[n])}, nil
	})
	defer stop()
	v := &Views{}
	for range which {
		both, err := next()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(err, new(*augment.Trouble)):
			return nil, err
		case err != nil:
			continue
		}
		v.Originals, v.Moved = append(v.Originals, both[0]), append(v.Moved, both[1])
	}
	if len(v.Originals) < 2 {
		return nil, fmt.Errorf("of %d images %d can be read, and measures without labels need two", len(which), len(v.Originals))
	}
	return v, nil
}

// draw picks m of the numbers below n, in rising order (Floyd's method, which needs no list of all n).
func draw(n, m int, seed uint64) []int {
	random := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	taken := map[int]bool{}
	for j := n - m; j < n; j++ {
		k := random.IntN(j + 1)
		if taken[k] {
			k = j
		}
		taken[k] = true
	}
	which := make([]int, 0, m)
	for k := range taken {
		which = append(which, k)
	}
	slices.Sort(which)
	return which
}

// ViewFeatures are what a network makes of Views: (M, Dim) each.
type ViewFeatures struct{ Originals, Moved Features }

// Features runs a network, whose last class token is the feature, over the views. c says how it runs.
func (v *Views) Features(ctx context.Context, d *gpu.Device, target gpu.Target, c dino.BackboneConfig, weights *layers.Arena) (ViewFeatures, error) {
	var out ViewFeatures
	if c.Batch == 0 {
		c.Batch = evenBatch(c, len(v.Originals))
	}
	b, err := dino.NewBackbone(d, target, c, weights)
	if err != nil {
		return out, err
	}
	defer b.Release()
	for _, part := range []struct {
		views [][]uint8
		to    *Features
	}{{v.Originals, &out.Originals}, {v.Moved, &out.Moved}} {
		values, err := b.Features(ctx, part.views)
		if err != nil {
			return out, err
		}
		*part.to = Features{Values: values, Dim: c.ViT.Dim}
	}
	return out, nil
}
