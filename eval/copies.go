package eval

import (
	"context"
	"errors"
	"math"
	"path/filepath"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// CopyTop is how many of the nearest images are looked at for an original.
const CopyTop = 20

// A CopyFinder is how a network looks for the originals of [Copies], as the reference's eval_copy_detection does it: images
// are resized to squares, and what is compared by cosine is their class token with the generalized mean of their
// patch tokens, whitened where there are images to learn that from.
type CopyFinder struct {
	Backbone dino.BackboneConfig // which network: ViT, Mean and Std
	Size     int                 // the squares' side in pixels

	LeftOut func(name string, err error) // told of each image that cannot be read; may be nil
	Done    func(n int)                  // told the number of images gone through; may be nil
}

// A CopyResult is how well a network finds originals.
type CopyResult struct {
	Blocks []CopyBlockResult // of each block of Copies

	Originals, Distractors int // that were searched
	Learned                int // images that whitening was learned from
	LeftOut                int // images that cannot be read, and copies whose original cannot be
}

// A CopyBlockResult is a block's.
type CopyBlockResult struct {
	MAP    float64 // mean over the copies that took part, from 0 to 1; NaN where there are none
	Used   int     // those copies
	Copies []CopyScore
}

// A CopyScore is a copy's: its average precision, 0 where its original is not among the nearest, NaN where it took no part;
// and its original's place among them, from 1, 0 where it is not there.
type CopyScore struct {
	AP   float64
	Rank int
}

// Images is how many images there are in all.
func (c *Copies) Images() int {
	n := c.Originals.Len()
	for _, s := range []augment.Source{c.Distractors, c.Whitening} {
		if s != nil {
			n += s.Len()
		}
	}
	for _, b := range c.Blocks {
		n += b.Images.Len()
	}
	return n
}

// Find measures a network. Images that cannot be read are left out, and so are the copies of such an original.
func (c *Copies) Find(ctx context.Context, d *gpu.Device, n CopyFinder, weights *layers.Arena) (CopyResult, error) {
	parts, learned, result, err := c.describe(ctx, d, n, weights)
	if err != nil {
		return CopyResult{}, err
	}
	var white *whitening
	if c.Whitening != nil {
		if white, err = learned.whitening(); err != nil {
			return CopyResult{}, err
		}
	}
	err = c.search(ctx, d, parts, 2*n.Backbone.ViT.Dim, white, &result)
	return result, err
}

// describe gives all images' descriptors, and what whitening is learned from; of the result, what cannot be read.
func (c *Copies) describe(ctx context.Context, d *gpu.Device, n CopyFinder, weights *layers.Arena) (parts []copyPart, learned *moments, result CopyResult, err error) {
	v := n.Backbone
	parts, learned = c.parts(), newMoments(2*v.ViT.Dim)
	var all sourceRow
	for _, p := range parts {
		all = append(all, p.images)
	}
	e := Embedding{Source: squares{all, n.Size}, ViT: v.ViT, Mean: v.Mean, Std: v.Std, Size: n.Size, AsIs: true, Patches: true}
	_, err = e.Run(ctx, d, weights, func(row Embedded) error {
		p, i := all.at(row.Index)
		switch {
		case row.Err == nil && parts[p].learn:
			learned.add(copyDescriptor(row.Features, row.Patches))
		case row.Err == nil:
			parts[p].there = append(parts[p].there, i)
			parts[p].values = append(parts[p].values, copyDescriptor(row.Features, row.Patches)...)
		default:
			result.LeftOut++
			if n.LeftOut != nil {
				n.LeftOut(filepath.Join(parts[p].folder, parts[p].images.Name(i)), row.Err)
			}
		}
		if n.Done != nil {
			n.Done(row.Index + 1)
		}
		return nil
	})
	result.Learned = learned.n
	return parts, learned, result, err
}

// A copyPart is images of one folder, and the descriptors of those that can be read.
type copyPart struct {
	folder string
	images augment.Source
	learn  bool // whitening is learned from them, and no more is kept
	block  int  // of Copies.Blocks; -1 for the database's

	there  []int
	values []float32
}

// parts are all images: what whitening is learned from, originals, distractors, copies.
func (c *Copies) parts() []copyPart {
	var parts []copyPart
	if c.Whitening != nil {
		parts = append(parts, copyPart{folder: "whitening", images: c.Whitening, learn: true, block: -1})
	}
	parts = append(parts, copyPart{folder: "original", images: c.Originals, block: -1})
	if c.Distractors != nil {
		parts = append(parts, copyPart{folder: "distractors", images: c.Distractors, block: -1})
	}
	for k, b := range c.Blocks {
		parts = append(parts, copyPart{folder: b.Folder, images: b.Images, block: k})
	}
	return parts
}

// search looks for the original of each copy, and writes what it finds to r.
func (c *Copies) search(ctx context.Context, d *gpu.Device, parts []copyPart, dim int, white *whitening, r *CopyResult) error {
	place := map[int]int{} // of each original in the database
	var database, queries []float32
	type asked struct{ block, image, original int }
	var ask []asked
	for _, b := range c.Blocks {
		r.Blocks = append(r.Blocks, newCopyBlockResult(b.Images.Len()))
	}
	for k := range parts {
		switch p := &parts[k]; {
		case p.learn:
		case p.block < 0:
			if p.folder == "original" {
				for at, i := range p.there {
					place[i] = at
				}
			}
			database = append(database, p.values...)
		default:
			for at, i := range p.there {
				original, ok := place[c.Blocks[p.block].Of[i]]
				if !ok {
					r.LeftOut++
					continue
				}
				ask = append(ask, asked{p.block, i, original})
				queries = append(queries, p.values[at*dim:(at+1)*dim]...)
			}
		}
		parts[k].values = nil
	}
	r.Originals = len(place)
	r.Distractors = len(database)/dim - r.Originals
	if len(ask) == 0 {
		return errors.New("no copy and original that can both be read: there is nothing to find")
	}
	bank, err := whitened(database, dim, white)
	if err != nil {
		return err
	}
	wanted, err := whitened(queries, dim, white)
	if err != nil {
		return err
	}
	lists, err := bank.Nearest(ctx, d, wanted, CopyTop, nil)
	if err != nil {
		return err
	}
	for q, a := range ask {
		r.Blocks[a.block].Copies[a.image] = scoreCopy(lists[q], a.original)
	}
	for k := range r.Blocks {
		r.Blocks[k].mean()
	}
	return nil
}

// newCopyBlockResult is one of n copies, none of which took part yet.
func newCopyBlockResult(n int) CopyBlockResult {
	r := CopyBlockResult{Copies: make([]CopyScore, n)}
	for i := range r.Copies {
		r.Copies[i].AP = math.NaN()
	}
	return r
}

// mean sets the mean over the copies that took part.
func (r *CopyBlockResult) mean() {
	sum := 0.0
	for _, s := range r.Copies {
		if !math.IsNaN(s.AP) {
			sum += s.AP
			r.Used++
		}
	}
	r.MAP = sum / float64(r.Used) // 0/0 is NaN
}

// whitened makes a gallery of values, for its own.
func whitened(values []float32, dim int, white *whitening) (*Gallery, error) {
	if white != nil {
		white.apply(values)
	}
	return NewGallery(values, dim)
}

// scoreCopy looks for the original among the nearest.
func scoreCopy(nearest []Neighbor, original int) CopyScore {
	for place, n := range nearest {
		if n.Index == original {
			return CopyScore{trapezoidAP([]int{place}, 1), place + 1}
		}
	}
	return CopyScore{}
}
