package eval

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// VideoConfig says how objects are followed through a video.
type VideoConfig struct {
	ImageSize    int // pixels of a frame's short side, as FrameSize takes it
	LastFrames   int // that a frame takes labels from, beside the first
	Neighborhood int // of patches at most so many rows and columns away; 0: of all
	TopK         int // of so many patches, the most similar ones
}

// ReferenceVideo is the reference's, for weights trained at 224 pixels.
var ReferenceVideo = VideoConfig{ImageSize: 480, LastFrames: 7, Neighborhood: 12, TopK: 5}

// A Tracker follows objects by a network's patch features, which is how the paper shows what they know of the parts of
// things without any training for it (section 4.2.2): the protocol of DAVIS 2017.
type Tracker struct {
	config   VideoConfig
	d        *gpu.Device
	network  dino.BackboneConfig
	weights  *layers.Arena
	backbone *dino.Backbone // for frames of the size seen last
}

// NewTracker makes one of a network: its ViT, Mean and Std, and its weights, which have to outlive it.
func NewTracker(d *gpu.Device, network dino.BackboneConfig, weights *layers.Arena, c VideoConfig) *Tracker {
	network.Std = videoStd(network.Std)
	network.Blocks, network.Patches = 1, true
	return &Tracker{config: c, d: d, network: network, weights: weights}
}

// Release gives its memory back; the weights stay.
func (t *Tracker) Release() {
	if t.backbone != nil {
		t.backbone.Release()
		t.backbone = nil
	}
}

// A SequenceError says that a sequence's files cannot be followed; others may be.
type SequenceError struct{ Err error }

func (e *SequenceError) Error() string { return e.Err.Error() }
func (e *SequenceError) Unwrap() error { return e.Err }

func sequenceError(format string, args ...any) error {
	return &SequenceError{fmt.Errorf(format, args...)}
}

// Tracked is what came out of a sequence.
type Tracked struct {
	Name         string
	Frames       int
	GridH, GridW int           // patches of a frame
	Objects      []VideoObject // those of the first mask; empty where the sequence is not scored
	Lost         []int         // objects of which no patch's middle is, so that they cannot be followed
}

// Following is who is told of a sequence that is followed.
type Following struct {
	Mask func(frame int, labels []uint8, w, h int) error // each mask, the given one first; nil: nobody
	Done func(frames int)                                // how many frames are through
}

// Track follows the objects of the first mask through s. An error about files is a SequenceError.
func (t *Tracker) Track(ctx context.Context, s Sequence, f Following) (Tracked, error) {
	first, w, h, err := readLabels(s.Masks[0])
	if err != nil {
		return Tracked{}, sequenceError("%w", err)
	}
	if f.Mask != nil {
		if err := f.Mask(0, first, w, h); err != nil {
			return Tracked{}, err
		}
	}
	withoutVoid(first)
	out := Tracked{Name: s.Name, Frames: len(s.Frames)}
	objects := labelsIn(first)
	if len(objects) == 0 {
		return out, sequenceError("the mask %s of the first frame shows no object: all of it is background or void", disk.Quote(s.Masks[0]))
	}
	if s.Scored() {
		out.Objects = newVideoObjects(objects)
	}
	if err := t.fit(h, w, len(s.Frames)); err != nil {
		return out, err
	}
	out.GridH, out.GridW = t.network.Grid()
	small := nearestLabels(first, h, w, out.GridH, out.GridW)
	for _, object := range objects {
		if !slices.Contains(small, uint8(object)) {
			out.Lost = append(out.Lost, object)
		}
	}
	classes := 1 + int(slices.Max(small))
	p, err := newPropagation(t.d, propagationConfig{
		H: out.GridH, W: out.GridW, Dim: t.network.ViT.Dim, Classes: classes,
		LastFrames: t.config.LastFrames, Neighborhood: t.config.Neighborhood, TopK: t.config.TopK,
	})
	if err != nil {
		return out, err
	}
	defer p.release()
	frames := func(frame int, features []float32) error {
		if frame == 0 {
			return p.begin(features, oneHot(small, classes))
		}
		labels, err := p.next(ctx, features)
		if err != nil {
			return err
		}
		mask := softMask{labels: labels, H: p.H, W: p.W, Classes: classes, Patch: t.network.ViT.Patch}.mask()
		mask = nearestLabels(mask, t.network.Height, t.network.Width, h, w)
		if f.Mask != nil {
			if err := f.Mask(frame, mask, w, h); err != nil {
				return err
			}
		}
		if !s.Scored() || frame == len(s.Frames)-1 {
			return nil
		}
		truth, err := readTrueMask(s.Masks[frame], w, h)
		if err != nil {
			return err
		}
		scoreFrame(out.Objects, truth, mask, h, w)
		return nil
	}
	return out, t.look(ctx, s, w, h, func(frame int, features []float32) error {
		if err := frames(frame, features); err != nil {
			return err
		}
		if f.Done != nil {
			f.Done(frame + 1)
		}
		return nil
	})
}

// readTrueMask reads the mask of a later frame.
func readTrueMask(path string, w, h int) ([]uint8, error) {
	labels, gotW, gotH, err := readLabels(path)
	if err != nil {
		return nil, sequenceError("%w", err)
	}
	if gotW != w || gotH != h {
		return nil, sequenceError("mask %s is %d x %d pixels and that of the first frame %d x %d: make all of one size", disk.Quote(path), gotW, gotH, w, h)
	}
	return withoutVoid(labels), nil
}

// fit makes the backbone one for n frames of h x w pixels, once resized.
func (t *Tracker) fit(h, w, n int) error {
	c := t.network
	c.Height, c.Width = FrameSize(h, w, t.config.ImageSize, c.ViT.Patch)
	if c.Height > settings.MaxSide || c.Width > settings.MaxSide {
		return sequenceError("frames of %d x %d pixels would become %d x %d, and a side has %d at most: lower `image_size`", w, h, c.Width, c.Height, settings.MaxSide)
	}
	c.Batch = evenBatch(c, n)
	if t.backbone != nil && t.network.Height == c.Height && t.network.Width == c.Width && t.network.Batch == c.Batch {
		return nil
	}
	t.Release()
	b, err := dino.NewBackbone(t.d, t.d.Target(), c, t.weights)
	if err != nil {
		return err
	}
	t.network, t.backbone = c, b
	return nil
}

// look hands over the features (H*W, Dim) of frame after frame, which have to be w x h pixels as they stand in their files.
func (t *Tracker) look(ctx context.Context, s Sequence, w, h int, take func(frame int, features []float32) error) error {
	c := t.network
	next, stop := ahead(ctx, len(s.Frames), 0, c.Batch+2, func(i int) ([]uint8, error) {
		im, err := augment.ReadUpright(s.Frames[i])
		if trouble := (*augment.Trouble)(nil); errors.As(err, &trouble) {
			return nil, err
		} else if err != nil {
			return nil, sequenceError("%w", err)
		}
		switch {
		case (im.W != w || im.H != h) && i == 0:
			return nil, sequenceError("frame %s is %d x %d pixels and its mask %d x %d: make both of one size", disk.Quote(s.Frames[i]), im.W, im.H, w, h)
		case im.W != w || im.H != h:
			return nil, sequenceError("frame %s is %d x %d pixels and the first one %d x %d: make all of one size", disk.Quote(s.Frames[i]), im.W, im.H, w, h)
		}
		return linearResize(im, c.Width, c.Height), nil
	})
	defer stop()
	for at := 0; at < len(s.Frames); at += c.Batch {
		var batch [][]uint8
		for range min(c.Batch, len(s.Frames)-at) {
			pixels, err := next()
			if err != nil {
				return err
			}
			batch = append(batch, pixels)
		}
		out, err := t.backbone.Run(ctx, batch)
		if err != nil {
			return err
		}
		each := len(out.Patches[0]) / len(batch)
		for i := range batch {
			if err := take(at+i, out.Patches[0][i*each:(i+1)*each]); err != nil {
				return err
			}
		}
	}
	return nil
}
