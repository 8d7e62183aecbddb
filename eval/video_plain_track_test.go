package eval

import (
	"context"
	"slices"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
)

// A plainVideo is a sequence as plain loops follow its objects: the network alone is that of a Tracker.
type plainVideo struct {
	Sequence
	config plainPropagation
	patch  int
	like   plainLikeness
	first  []uint8 // (h, w)
	h, w   int
}

// A plainTracking is the mistakes that are made; the zero value makes none.
type plainTracking struct {
	propagation func(*plainPropagation)
	noMinMax    bool
	boundary    plainBoundary
}

func openPlainVideo(t *testing.T, tracker *Tracker, s Sequence) plainVideo {
	t.Helper()
	first, w, h, err := readLabels(s.Masks[0])
	if err != nil {
		t.Fatal(err)
	}
	c := tracker.network
	c.Height, c.Width = FrameSize(h, w, tracker.config.ImageSize, c.ViT.Patch)
	c.Batch = 1
	b, err := dino.NewBackbone(tracker.d, tracker.d.Target(), c, tracker.weights)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	var features [][]float32
	for _, frame := range s.Frames {
		im, err := augment.ReadUpright(frame)
		if err != nil {
			t.Fatal(err)
		}
		out, err := b.Run(context.Background(), [][]uint8{linearResize(im, c.Width, c.Height)})
		if err != nil {
			t.Fatal(err)
		}
		features = append(features, out.Patches[0])
	}
	gridH, gridW := c.Grid()
	return plainVideo{
		Sequence: s, patch: c.ViT.Patch, like: newPlainLikeness(features, c.ViT.Dim), first: first, h: h, w: w,
		config: plainPropagation{
			H: gridH, W: gridW, Dim: c.ViT.Dim, Classes: int(slices.Max(nearestLabels(first, h, w, gridH, gridW))) + 1,
			LastFrames: tracker.config.LastFrames, Neighborhood: tracker.config.Neighborhood, TopK: tracker.config.TopK,
		},
	}
}

// track is Track by plain loops.
func (v plainVideo) track(t *testing.T, x plainTracking) (masks [][]uint8, objects []VideoObject) {
	t.Helper()
	o := v.config
	if x.propagation != nil {
		x.propagation(&o)
	}
	small := nearestLabels(v.first, v.h, v.w, o.H, o.W)
	masks, objects = [][]uint8{v.first}, newVideoObjects(labelsIn(v.first))
	for i, soft := range o.propagate(v.like, oneHot(small, o.Classes)) {
		if i == 0 {
			continue
		}
		mask := maskPlain(soft, plainMask{H: o.H, W: o.W, Classes: o.Classes, Patch: v.patch, NoMinMax: x.noMinMax})
		mask = nearestLabels(mask, o.H*v.patch, o.W*v.patch, v.h, v.w)
		masks = append(masks, mask)
		if i == len(v.Frames)-1 {
			break
		}
		truth, _, _, err := readLabels(v.Masks[i])
		if err != nil {
			t.Fatal(err)
		}
		for k := range objects {
			a, b := objectMask(truth, objects[k].Label), objectMask(mask, objects[k].Label)
			objects[k].J = append(objects[k].J, region(a, b))
			objects[k].F = append(objects[k].F, boundaryPlain(a, b, v.h, v.w, x.boundary))
		}
	}
	return masks, objects
}
