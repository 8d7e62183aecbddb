package eval

import (
	"context"
	"errors"
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
)

// A rowBatch is a batch of images' features.
type rowBatch struct {
	features []float32
	labels   []int
	names    []string
	at       int // how much of the order is gone through
}

// rows are images' features that come in batches, in any order.
type rows struct {
	images   Images
	embedder Embedder
	batch    int
	kept     *Features // taken once, of the evaluation's view; nil: images are read and embedded each time
	leftOut  func(name string, err error)
}

// keep takes the features of all images once.
func (r *rows) keep(ctx context.Context, done func(n int)) error {
	all, err := r.images.Embed(ctx, Reading{Batch: r.batch, LeftOut: r.leftOut, Done: done}, r.embedder)
	if err != nil {
		return err
	}
	r.kept = &all[0]
	return nil
}

// count is the number of images that an order is of.
func (r *rows) count() int {
	if r.kept != nil {
		return r.kept.Len()
	}
	return len(r.images.Which)
}

// each hands batches over in the order from its image `from` on; the last one may be short. Images that cannot be read are
// left out, and the batches filled up with those that follow. view makes an image's pixels of what was decoded.
func (r *rows) each(ctx context.Context, order []int, from int, view func(im *augment.Image, i int) []uint8, done func(n int), take func(rowBatch) error) error {
	if r.kept != nil {
		return r.eachKept(ctx, order, from, done, take)
	}
	next, stop := ahead(ctx, len(order)-from, 0, 2*r.batch, func(k int) ([]uint8, error) {
		i := r.images.Which[order[from+k]]
		im, err := r.images.Source.Decode(i)
		if err != nil {
			return nil, err
		}
		return view(im, i), nil
	})
	defer stop()
	var b rowBatch
	var pixels [][]uint8
	for at := from; at < len(order); at++ {
		n := order[at]
		look, err := next()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, new(*augment.Trouble)):
			return err // no fault of the image
		case err != nil:
			r.leftOut(r.images.Source.Name(r.images.Which[n]), err)
		default:
			pixels = append(pixels, look)
			b.labels, b.names = append(b.labels, r.images.Labels[n]), append(b.names, r.images.Source.Name(r.images.Which[n]))
		}
		if len(pixels) == r.batch || len(pixels) > 0 && at == len(order)-1 {
			if b.features, err = r.embedder.Features(ctx, pixels); err != nil {
				return err
			}
			b.at = at + 1
			if err := take(b); err != nil {
				return err
			}
			b, pixels = rowBatch{}, pixels[:0]
		}
		done(at + 1)
	}
	return nil
}

func (r *rows) eachKept(ctx context.Context, order []int, from int, done func(n int), take func(rowBatch) error) error {
	dim := r.kept.Dim
	for from < len(order) {
		if err := ctx.Err(); err != nil {
			return err
		}
		var b rowBatch
		b.at = min(from+r.batch, len(order))
		for _, n := range order[from:b.at] {
			b.features = append(b.features, r.kept.Values[n*dim:(n+1)*dim]...)
			b.labels, b.names = append(b.labels, r.kept.Labels[n]), append(b.names, r.kept.name(n))
		}
		if err := take(b); err != nil {
			return err
		}
		from = b.at
		done(from)
	}
	return nil
}

// errNoRows says that no image of a set could be read.
func errNoRows(n int) error { return fmt.Errorf("none of %d images can be read", n) }
