package explore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/viewer"
)

// A seenKey is an image and a block. The list tells one list of images from the next.
type seenKey struct{ index, block, list int }

// mostSeen bounds the bytes that are remembered of images that were looked at.
const mostSeen = 1 << 30

// watchEvery is how often a newer model is asked for.
const watchEvery = time.Second

// Pending tells whether Update has work.
func (e *Explorer) Pending() bool {
	if e.o.Watch != nil && !e.due && time.Since(e.asked) >= watchEvery {
		e.asked = time.Now()
		var err error
		if e.due, err = e.o.Watch.due(); err != nil {
			e.told = err.Error()
		}
	}
	return e.due || e.want() != e.have || e.o.PCA && e.err == nil && !e.basisFits()
}

// Update runs what the view needs. What is wrong with an image, Err gives and the page says.
func (e *Explorer) Update(ctx context.Context) error {
	if e.due {
		e.due = false
		m, err := e.o.Watch.Newer()
		if err == nil && m != nil {
			err = e.Reload(m)
		}
		if err != nil {
			e.told = err.Error() // what was seen so far is still right
		}
	}
	want := e.want()
	if want != e.have {
		if err := e.look(ctx, want); err != nil {
			return err
		}
	}
	if e.o.PCA && e.err == nil && !e.basisFits() {
		return e.fitBasis(ctx)
	}
	return nil
}

// look brings the image, its maps and its features in.
func (e *Explorer) look(ctx context.Context, want view) error {
	e.have, e.err = want, nil
	err := e.lookAt(ctx, want)
	if err == nil {
		return nil
	}
	e.now, e.maps = nil, nil
	if ctx.Err() != nil {
		e.have.index = -1 // it is not what was wanted
		return ctx.Err()
	}
	if !ofImage(err) {
		return err
	}
	e.err = fmt.Errorf("%s: %w", e.pictures.name(want.index), err)
	return nil
}

func (e *Explorer) lookAt(ctx context.Context, want view) error {
	if e.from != want.index {
		e.from, e.image, e.shown = -1, nil, nil
		im, err := e.read(want.index)
		if err != nil {
			return err
		}
		e.from, e.image, e.shown = want.index, im, viewer.ToRGBA(im)
	}
	now, err := e.see(ctx, want.index, want.block, e.image)
	if err != nil {
		return err
	}
	e.now, e.maps = now, now.maps
	if patches := now.gridH * now.gridW; want.token > patches {
		e.token, e.pinned = 0, false
		e.have.token = 0
		return nil
	}
	if want.token > 0 {
		e.maps, err = e.net.attend(ctx, e.image, want.block, want.token)
	}
	return err
}

// read reads an image as the network takes it.
func (e *Explorer) read(index int) (*augment.Image, error) {
	x, k := e.pictures.at(index)
	im, err := x.read(k)
	if err == nil {
		im, err = e.net.prepared(im, e.o.ImageSize)
	}
	if err != nil {
		return nil, &imageError{err}
	}
	return im, nil
}

// see runs the network over an image, or remembers what it saw.
func (e *Explorer) see(ctx context.Context, index, block int, im *augment.Image) (*seen, error) {
	key := seenKey{index, block, e.have.list}
	if s := e.seen[key]; s != nil {
		return s, nil
	}
	s, err := e.net.run(ctx, im, block)
	if err != nil {
		return nil, err
	}
	e.seen[key] = s
	e.held = append(e.held, key)
	bytes := 0
	for _, k := range slices.Backward(e.held) {
		bytes += 4 * (len(e.seen[k].features) + len(e.seen[k].maps)*len(e.seen[k].maps[0]))
		if bytes > mostSeen && k != key {
			delete(e.seen, k)
		}
	}
	e.held = slices.DeleteFunc(e.held, func(k seenKey) bool { return e.seen[k] == nil })
	return s, nil
}

// Reload looks through other weights of the same size from here on: a newer checkpoint.
func (e *Explorer) Reload(m *weights.Model) error {
	if m.ViT != e.net.model.ViT {
		return fmt.Errorf("%s holds a network of another size than %s: begin anew with it", m.File, e.net.model.File)
	}
	net, err := newNetwork(e.o.Device, e.o.Target, m, e.o.Role, e.o.Features || e.o.PCA)
	if err != nil {
		return err
	}
	e.net.release()
	e.net = net
	clear(e.seen)
	e.held = nil
	e.have.model++
	e.have.index = -1
	return nil
}

// open looks at other images.
func (e *Explorer) open(paths []string) error {
	p, err := openPictures(paths)
	if err != nil {
		return err
	}
	e.pictures, e.index, e.from = p, 0, -1
	e.token, e.pinned, e.part = 0, false, viewer.Whole
	clear(e.seen)
	e.held = nil
	e.have.list++
	e.have.index = -1
	return nil
}

// basisFits tells whether the principal components are those of what is looked at.
func (e *Explorer) basisFits() bool {
	b := e.basis
	return b != nil && b.block == e.block && b.model == e.have.model && b.list == e.have.list
}

// fitBasis finds the principal components of all images' patches. Images that cannot be read or run are left out. They
// are gone through twice, for the directions and for the bounds; what is not remembered runs again.
func (e *Explorer) fitBasis(ctx context.Context) error {
	e.basis = &basis{block: e.block, model: e.have.model, list: e.have.list}
	pca := eval.NewPCA(e.net.model.ViT.Dim)
	err := e.each(ctx, func(features []float32) error { return pca.Add(features) })
	if err == nil {
		e.basis.Basis, err = pca.Fit(3)
	}
	if err != nil {
		e.basis.Basis = nil
		if ctx.Err() != nil {
			e.basis = nil
			return ctx.Err()
		}
		e.told = "principal components: " + err.Error()
		return nil
	}
	var all []float64 // the bounds of each image, twice three
	err = e.each(ctx, func(features []float32) error {
		low, high := viewer.Bounds(e.basis.Scores(features))
		all = append(append(all, low[:]...), high[:]...)
		return nil
	})
	e.basis.low, e.basis.high = viewer.Bounds(all)
	if err != nil {
		e.basis = nil
	}
	return err
}

// each hands over every image's features after the block that is looked at.
func (e *Explorer) each(ctx context.Context, take func(features []float32) error) error {
	for i := range e.pictures.n {
		s := e.seen[seenKey{i, e.block, e.have.list}]
		if s == nil {
			im, err := e.read(i)
			if err != nil {
				continue
			}
			if s, err = e.see(ctx, i, e.block, im); err != nil {
				if ctx.Err() != nil || !ofImage(err) {
					return err
				}
				continue
			}
		}
		if err := take(s.features); err != nil {
			return err
		}
	}
	return nil
}
