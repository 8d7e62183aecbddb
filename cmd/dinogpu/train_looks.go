package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/viewer"
)

// lookShare of the time is for attention and features, what is left of it for the neighbors.
const lookShare = 0.6

// shownSize is the size at which images are looked at, if memory and time allow: 480 for networks trained at 224, as the
// reference shows attention, as much larger than their own size for others, and four times their size for small ones.
func shownSize(trained int) int { return max(trained*480/224, min(4*trained, 224)) }

// looks draws attention and the features' components, at the largest size that the step's memory allows.
func (d *drawing) looks(ctx context.Context, fresh *layers.Arena) error {
	b := dino.BackboneOf(d.r.Settings().Config)
	memory, err := d.r.Memory()
	if err != nil {
		return err
	}
	if free := d.r.Device().FreeMemory(); free > 0 {
		memory = min(memory, free/2) // the step keeps its own meanwhile
	}
	size, err := eval.LargestLook(d.r.Target(), b, shownSize(b.Width), memory, d.r.Teacher())
	if err != nil {
		return err
	}
	_, took, err := d.look(ctx, b, size, d.r.Teacher(), 1)
	if err != nil {
		return err
	}
	size = affordable(b, size, lookShare*d.limit.Seconds()/(2*shownImages*took.Seconds()))
	s, _, err := d.look(ctx, b, size, d.r.Teacher(), shownImages)
	if err != nil {
		return err
	}
	untrained, _, err := d.look(ctx, b, size, fresh, len(s.images))
	if err != nil {
		return err
	}
	if n := len(s.images); n < shownImages && n < d.r.Images().Len() {
		d.left = append(d.left, fmt.Sprintf("all but %d of the images in %s and %s", n, filepath.ToSlash(attentionFile), pcaFile))
	}
	pca, err := d.principal(s)
	if err != nil {
		return err
	}
	return errors.Join(d.write(attentionFile, d.attention(s, untrained)), d.write(pcaFile, pca))
}

// affordable is the largest size up to this one whose look takes no more than so many times as long as at this one; the
// size that the network was trained at at least.
func affordable(b dino.BackboneConfig, size int, times float64) int {
	least, patch := b.Height-b.Height%b.ViT.Patch, b.ViT.Patch
	for smaller := size; smaller > least; smaller -= patch {
		if eval.LookCost(b, smaller, size) <= times {
			return smaller
		}
	}
	return min(size, least)
}

// seen is what a network makes of the run's images.
type seen struct {
	size         int
	gridH, gridW int
	images       []*image.RGBA
	looks        []eval.Look
}

func (s *seen) maps() [][][]float32 {
	var all [][][]float32
	for _, l := range s.looks {
		all = append(all, l.Maps)
	}
	return all
}

// look runs a network over up to n of the run's images, evenly spread, and tells how long the last one took. Past the limit
// it ends with those that it has, one at least.
func (d *drawing) look(ctx context.Context, b dino.BackboneConfig, size int, weights *layers.Arena, n int) (*seen, time.Duration, error) {
	looker, err := eval.NewLooker(d.r.Device(), d.r.Target(), b, size, weights)
	if err != nil {
		return nil, 0, err
	}
	defer looker.Release()
	s := &seen{size: size}
	s.gridH, s.gridW = looker.Grid()
	source := d.r.Images()
	var took time.Duration
	var last error
	n = min(n, source.Len())
	for k := range n {
		if len(s.looks) > 0 && d.over(lookShare) {
			break
		}
		im, err := augment.DecodeUpright(source, k*source.Len()/n)
		if err != nil {
			last = err // the run told of it
			continue
		}
		im = augment.Square(im, size)
		from := d.now()
		look, err := looker.Look(ctx, im.Pix)
		if err != nil {
			return nil, 0, err
		}
		took = d.now().Sub(from)
		s.images, s.looks = append(s.images, viewer.ToRGBA(im)), append(s.looks, look)
	}
	if len(s.looks) == 0 {
		return nil, 0, fmt.Errorf("none of %d images can be shown: %w", n, last)
	}
	return s, took, nil
}

// where says which network is shown, and on what.
func (d *drawing) where(s *seen) string {
	c := d.r.Settings().Config
	return fmt.Sprintf("The trained teacher after step %d, block %d of %d. Images of the run, their middle square, at %d x %d pixels, which are %d x %d patches.",
		d.r.Step(), c.Size().Depth, c.Size().Depth, s.size, s.size, s.gridH, s.gridW)
}

// attention shows each head's map over the images.
func (d *drawing) attention(s, untrained *seen) *viewer.Sheet {
	sheet := viewer.Attention(s.images, s.gridH, s.gridW, eval.MeanMap, s.maps(), untrained.maps())
	sheet.Title = "Where the network looks in an image: bright where most"
	sheet.Notes = d.where(s) + " Each map is laid over the image and goes from its own least, dark, to its own largest, bright: " +
		"the attention of the class token, which stands for the whole image, to the patches. " +
		"Look for heads that pick out an object or a part of it. The last column is a network of random weights: what it marks too is in the image, not learned."
	return sheet
}

// principal shows patches' features in color.
func (d *drawing) principal(s *seen) (*viewer.Sheet, error) {
	pca := eval.NewPCA(d.r.Settings().Config.Size().Dim)
	for _, l := range s.looks {
		if err := pca.Add(l.Features); err != nil {
			return nil, err
		}
	}
	basis, err := pca.Fit(3)
	if err != nil {
		return nil, err
	}
	var all []float64
	var scores [][]float64
	share := 0.0
	for _, l := range s.looks {
		scores = append(scores, basis.Scores(l.Features))
		all = append(all, scores[len(scores)-1]...)
	}
	for _, part := range basis.Share {
		share += part
	}
	sheet := viewer.Principal(s.images, scores, all, s.gridH, s.gridW)
	sheet.Title = "Parts that the network takes for alike have like colors"
	sheet.Notes = d.where(s) + fmt.Sprintf(" Red, green and blue are the three directions in which the patches' features differ most, the same for all images; they hold %.0f %% of the differences. Look whether like parts of different images have one color.", 100*share)
	return sheet, nil
}
