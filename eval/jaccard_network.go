package eval

import (
	"context"
	"errors"
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// Jaccard measures how well a network's attention covers the objects (section 4.2.2). Each image is shown whole, its short
// side resized to rule.Size as the reference's visualize_attention resizes, without what is left over of whole patches at
// the bottom and the right. c says which network it is. Images that cannot be read, whose mask is damaged or has no object, or that
// are too large for the adapter are left out, as r.LeftOut is told; a mask of another size than its image is an error.
// Of r, Batch and Enough are not used: images run one at a time.
func (o *Objects) Jaccard(ctx context.Context, d *gpu.Device, c dino.BackboneConfig, weights *layers.Arena, rule JaccardRule, r Reading) (*Jaccard, error) {
	nets := newEmbedNets(Embedding{ViT: c.ViT, Mean: c.Mean, Std: c.Std, attention: true}, d, weights)
	defer nets.release()
	next, stop := ahead(ctx, len(o.Masks), r.Workers, 8, func(i int) (shownObjects, error) { return o.look(i, rule, c.ViT.Patch) })
	defer stop()
	out := &Jaccard{}
	for i := range o.Masks {
		shown, err := next()
		var scores []ObjectScore
		if err == nil {
			scores, err = shown.scores(ctx, &nets, rule.Threshold)
		}
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil:
			out.Images = append(out.Images, ImageScore{o.Source.Name(i), scores})
		case errors.As(err, new(*unmeasuredError)) || errors.As(err, new(*TooLargeError)):
			out.LeftOut++
			if r.LeftOut != nil {
				r.LeftOut(o.Source.Name(i), err)
			}
		default:
			return nil, err
		}
		if r.Done != nil {
			r.Done(i + 1)
		}
	}
	return out, out.mean()
}

// An unmeasuredError says why an image is left out.
type unmeasuredError struct{ error }

func (e *unmeasuredError) Unwrap() error { return e.error }

// shownObjects are an image as a network sees it, and its labels by patch.
type shownObjects struct {
	shape
	pixels []uint8
	labels labelGrid
}

// look reads image i and its mask.
func (o *Objects) look(i int, rule JaccardRule, patch int) (shownObjects, error) {
	var none shownObjects
	im, err := o.Source.Decode(i)
	switch {
	case errors.As(err, new(*augment.Trouble)):
		return none, err
	case err != nil:
		return none, &unmeasuredError{err}
	}
	labels, w, h, err := readLabels(o.Masks[i])
	switch {
	case errors.Is(err, errDamagedMask):
		return none, &unmeasuredError{err}
	case err != nil:
		return none, err
	case w != im.W || h != im.H:
		return none, fmt.Errorf("mask %s is %d x %d pixels and image %s is %d x %d: a mask has to be of its image's size",
			disk.Quote(o.Masks[i]), w, h, disk.Quote(o.Source.Name(i)), im.W, im.H)
	}
	g := shownGrid{patch: patch}
	g.width, g.height = augment.ShownSize(w, h, rule.Size)
	if g.width > settings.MaxSide || g.height > settings.MaxSide {
		return none, &unmeasuredError{fmt.Errorf("whole, its %d x %d pixels would become %d x %d, and a side has %d at most: lower `image_size`", w, h, g.width, g.height, settings.MaxSide)}
	}
	g.gridW, g.gridH = g.width/patch, g.height/patch
	s := shownObjects{shape: shape{g.height, g.width}, labels: g.count(labels, w, h, rule.IgnoreVoid)}
	if len(s.labels.objects) == 0 {
		return none, &unmeasuredError{fmt.Errorf("mask %s has no object, only %s", disk.Quote(o.Masks[i]), labelsOf(labels))}
	}
	s.pixels = augment.Shown(im, rule.Size).Pix
	return s, nil
}

// labelsOf says what a mask without objects holds.
func labelsOf(labels []uint8) string {
	var zeros, voids bool
	for _, l := range labels {
		zeros, voids = zeros || l == 0, voids || l == voidLabel
		if l != 0 && l != voidLabel {
			return "some in the pixels behind the last whole patch"
		}
	}
	switch {
	case zeros && voids:
		return "0, background, and 255, which is void: objects are 1 to 254"
	case voids:
		return "255, which is void: objects are 1 to 254"
	}
	return "0, background"
}

// scores runs the network.
func (s shownObjects) scores(ctx context.Context, nets *embedNets, threshold float64) ([]ObjectScore, error) {
	net, err := nets.get(s.shape, 1, 1)
	if err != nil {
		return nil, err
	}
	out, err := net.Run(ctx, [][]uint8{s.pixels})
	if err != nil {
		return nil, err
	}
	var maps [][]float32
	for h := range nets.ViT.Heads {
		m := out.Map(0, 0, 0, h)
		if !finite(m) {
			return nil, errAttentionNotFinite
		}
		maps = append(maps, m)
	}
	return s.labels.scores(maps, threshold), nil
}

var errAttentionNotFinite = errors.New("the network's attention is not finite: see whether the weights are those of a run that went well")
