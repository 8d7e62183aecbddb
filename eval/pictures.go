package eval

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/dinogpu/dinogpu/augment"
)

// An Embedder turns N images of RGB bytes, of the size that it is made for, into features (N, Dim).
type Embedder interface {
	Features(ctx context.Context, images [][]uint8) ([]float32, error)
}

// Pictures are labelled pictures as an evaluation sees them.
type Pictures struct {
	Source augment.Source
	Which  []int // the numbers in Source of those that take part
	Labels []int // of each of Which: its class, or NoClass
	// View makes size x size RGB bytes of picture i of Source. It is called from several goroutines.
	View func(im *augment.Image, i int) []uint8
}

// EvalView is the reference's transform for evaluations, as a Pictures' View.
func EvalView(size int) func(*augment.Image, int) []uint8 {
	return func(im *augment.Image, _ int) []uint8 { return augment.EvalView(im, size) }
}

// Look decodes one picture of Which and gives its view.
func (p Pictures) Look(n int) ([]uint8, error) {
	im, err := p.Source.Decode(p.Which[n])
	if err != nil {
		return nil, err
	}
	return p.View(im, p.Which[n]), nil
}

// Reading says how pictures are read.
type Reading struct {
	Batch   int                          // pictures that are embedded together
	Workers int                          // goroutines that decode; 0: one a core
	LeftOut func(name string, err error) // told, in order, of each picture that cannot be read; may be nil
	Done    func(n int)                  // told how many have been gone through; may be nil
}

// Embed gives the features of the pictures by each of the embedders, in the pictures' order. Each picture is decoded
// once, a bounded number of them ahead of the embedders. Those that cannot be read are left out.
func (p Pictures) Embed(ctx context.Context, r Reading, embedders ...Embedder) ([]Features, error) {
	out := make([]Features, len(embedders))
	next, stop := p.ahead(ctx, r.Workers, 2*r.Batch)
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
				out[e].Values = make([]float32, 0, out[e].Dim*len(p.Which))
			}
			out[e].Values = append(out[e].Values, values...)
		}
		chunk = chunk[:0]
		return nil
	}
	for n, i := range p.Which {
		pixels, err := next()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && r.LeftOut != nil:
			r.LeftOut(p.Source.Name(i), err)
		case err == nil:
			chunk = append(chunk, pixels)
			labels, names = append(labels, p.Labels[n]), append(names, p.Source.Name(i))
		}
		if len(chunk) == max(1, r.Batch) || len(chunk) > 0 && n == len(p.Which)-1 {
			if err := embed(); err != nil {
				return nil, err
			}
		}
		if r.Done != nil {
			r.Done(n + 1)
		}
	}
	if len(labels) == 0 {
		return nil, fmt.Errorf("none of %d pictures can be read", len(p.Which))
	}
	for e := range out {
		out[e].Labels, out[e].Names = labels, names
	}
	return out, nil
}

// ahead makes the views on several goroutines, at most a number of them ahead, and gives them in order. stop ends
// the goroutines and waits for them.
func (p Pictures) ahead(ctx context.Context, workers, most int) (next func() ([]uint8, error), stop func()) {
	type view struct {
		pixels []uint8
		err    error
	}
	type task struct {
		n  int
		to chan<- view
	}
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	order, tasks := make(chan (<-chan view), max(1, most)), make(chan task)
	var all sync.WaitGroup
	all.Go(func() {
		defer close(tasks)
		for n := range p.Which {
			to := make(chan view, 1)
			select {
			case order <- to:
			case <-ctx.Done():
				return
			}
			select {
			case tasks <- task{n, to}:
			case <-ctx.Done():
				return
			}
		}
	})
	for range workers {
		all.Go(func() {
			for t := range tasks {
				pixels, err := p.Look(t.n)
				t.to <- view{pixels, err}
			}
		})
	}
	next = func() ([]uint8, error) {
		select {
		case from := <-order:
			select {
			case v := <-from:
				return v.pixels, v.err
			case <-ctx.Done():
			}
		case <-ctx.Done():
		}
		return nil, ctx.Err()
	}
	return next, func() {
		cancel()
		all.Wait()
	}
}
