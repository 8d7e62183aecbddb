package eval

import (
	"context"
	"errors"
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
)

// An Embedder turns N images of RGB bytes, of the size that it is made for, into features (N, Dim).
type Embedder interface {
	Features(ctx context.Context, images [][]uint8) ([]float32, error)
}

// Images are labeled images as an evaluation sees them.
type Images struct {
	Source augment.Source
	Which  []int // the numbers in Source of the images that take part
	Labels []int // of each of Which: its class, or NoClass
	// View makes size x size RGB bytes of image i of Source. It is called from several goroutines.
	View func(im *augment.Image, i int) []uint8
}

// EvalView is the reference's transform for evaluations, as the View of Images.
func EvalView(size int) func(*augment.Image, int) []uint8 {
	return func(im *augment.Image, _ int) []uint8 { return augment.EvalView(im, size) }
}

// Look decodes image n of Which and returns its view.
func (m Images) Look(n int) ([]uint8, error) {
	im, err := m.Source.Decode(m.Which[n])
	if err != nil {
		return nil, err
	}
	return m.View(im, m.Which[n]), nil
}

// Reading says how images are read.
type Reading struct {
	Batch   int                          // images that are embedded together
	Workers int                          // goroutines that decode; 0: one per core
	LeftOut func(name string, err error) // told, in order, of each image that cannot be read; may be nil
	Done    func(n int)                  // told the number of images gone through so far; may be nil
	Enough  func() bool                  // asked before each image: true leaves out all that follow; may be nil
}

// Embed returns the features of the images by each of the embedders, in the images' order. Each image is decoded once, and
// at most a few batches ahead of the embedders. Images that cannot be read are left out.
func (m Images) Embed(ctx context.Context, r Reading, embedders ...Embedder) ([]Features, error) {
	out := make([]Features, len(embedders))
	next, stop := ahead(ctx, len(m.Which), r.Workers, 2*r.Batch, m.Look)
	defer stop()
	var chunk [][]uint8
	var labels []int
	var names []string
	embed := func() error {
		for e, embedder := range embedders {
			values, err := embedder.Features(ctx, chunk)
			if err != nil {
				return err
			}
			if out[e].Dim == 0 {
				out[e].Dim = len(values) / len(chunk)
				out[e].Values = make([]float32, 0, out[e].Dim*len(m.Which))
			}
			out[e].Values = append(out[e].Values, values...)
		}
		chunk = chunk[:0]
		return nil
	}
	for n, i := range m.Which {
		if len(labels) > 0 && r.Enough != nil && r.Enough() {
			break
		}
		pixels, err := next()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(err, new(*augment.Trouble)):
			return nil, err // no fault of the image: to go without it would change the result
		case err != nil && r.LeftOut != nil:
			r.LeftOut(m.Source.Name(i), err)
		case err == nil:
			chunk = append(chunk, pixels)
			labels, names = append(labels, m.Labels[n]), append(names, m.Source.Name(i))
		}
		if len(chunk) == max(1, r.Batch) {
			if err := embed(); err != nil {
				return nil, err
			}
		}
		if r.Done != nil {
			r.Done(n + 1)
		}
	}
	if len(chunk) > 0 {
		if err := embed(); err != nil {
			return nil, err
		}
	}
	if len(labels) == 0 {
		return nil, fmt.Errorf("none of %d images can be read", len(m.Which))
	}
	for e := range out {
		out[e].Labels, out[e].Names = labels, names
	}
	return out, nil
}
