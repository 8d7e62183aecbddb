package eval

import (
	"context"
	"errors"
	"time"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// An embedQueue gathers images of one shape into batches and gives the results in the images' order. What waits is
// bounded: by the number of images, and by their bytes and those of results that an earlier image holds up.
type embedQueue struct {
	Embedding
	nets  embedNets
	take  func(Embedded) error
	times EmbedTimes
	first error // why the first image that is left out is

	slots  []*embedSlot           // of images not taken yet, the oldest first
	groups map[shape][]*embedSlot // of them, those that no backbone has seen
	held   int                    // bytes
}

// An embedSlot is the place of one image.
type embedSlot struct {
	view
	row  Embedded
	done bool
}

// bytes is what the slot holds.
func (s *embedSlot) bytes() int {
	return len(s.pixels) + 4*(len(s.values)+len(s.row.Features)+len(s.row.Patches))
}

// How much may wait: batches of images, and bytes.
const (
	mostBatches = 4
	mostHeld    = 256 << 20
)

func newEmbedQueue(e Embedding, d *gpu.Device, weights *layers.Arena, take func(Embedded) error) (*embedQueue, error) {
	q := &embedQueue{Embedding: e, take: take, nets: newEmbedNets(e, d, weights), groups: map[shape][]*embedSlot{}}
	// What cannot be recorded for the smallest image that there may be is no image's fault.
	s := e.usual()
	c := e.config(s.h, s.w)
	c.Batch = 1
	_, err := dino.BackboneProgram(d.Target(), c, weights)
	if err != nil && !errors.As(err, new(*gpu.LimitError)) {
		return nil, err
	}
	return q, q.nets.fits(s, q.batch(s)).err
}

// softwareBatch images run together on a software adapter: more would not be faster, and a stop waits for a batch.
const softwareBatch = 8

// batch is the number of images of a shape that run together.
func (q *embedQueue) batch(s shape) int {
	n := evenBatch(q.config(s.h, s.w), q.Source.Len())
	if q.nets.d.Adapter.Software {
		return min(n, softwareBatch)
	}
	return n
}

// add puts in image i, or why there is none.
func (q *embedQueue) add(ctx context.Context, i int, v view, err error) error {
	s := &embedSlot{view: v, row: Embedded{Index: i, Err: err}, done: err != nil}
	q.slots = append(q.slots, s)
	q.held += s.bytes()
	if !s.done {
		q.groups[s.shape] = append(q.groups[s.shape], s)
		if len(q.groups[s.shape]) >= q.batch(s.shape) {
			if err := q.run(ctx, s.shape); err != nil {
				return err
			}
		}
	}
	if err := q.give(); err != nil {
		return err
	}
	for len(q.slots) > mostBatches*q.batch(q.front()) || q.held > mostHeld && len(q.slots) > 0 {
		if err := q.runFirst(ctx); err != nil {
			return err
		}
	}
	return nil
}

// front is the shape of the image that all others wait for.
func (q *embedQueue) front() shape {
	if len(q.slots) == 0 {
		return q.usual()
	}
	return q.slots[0].shape
}

// runFirst runs the group of the image that all others wait for.
func (q *embedQueue) runFirst(ctx context.Context) error {
	if err := q.run(ctx, q.front()); err != nil {
		return err
	}
	return q.give()
}

// finish runs what is left.
func (q *embedQueue) finish(ctx context.Context) error {
	for len(q.slots) > 0 {
		if err := q.runFirst(ctx); err != nil {
			return err
		}
	}
	return nil
}

// run has a backbone look at all that waits of a shape.
func (q *embedQueue) run(ctx context.Context, s shape) error {
	group := q.groups[s]
	delete(q.groups, s)
	begun := time.Now()
	net, err := q.nets.get(s, len(group), q.batch(s))
	q.times.Building += time.Since(begun)
	if large := (*TooLargeError)(nil); errors.As(err, &large) && q.anyShape() {
		for _, slot := range group {
			q.fill(slot, Embedded{Err: err})
		}
		return nil
	}
	if err != nil {
		return err
	}
	begun = time.Now()
	out, err := runGroup(ctx, net, group)
	q.times.Device += time.Since(begun)
	if err != nil {
		return err
	}
	h, w := net.Config.Grid()
	for i, row := range rowsOf(out, len(group), [2]int{h, w}) {
		if !finite(row.Features) || !finite(row.Patches) {
			row = Embedded{Err: errNotFinite}
		}
		q.fill(group[i], row)
	}
	return nil
}

func runGroup(ctx context.Context, net *dino.Backbone, group []*embedSlot) (*dino.BackboneOutput, error) {
	if net.Config.Normalized {
		images := make([][]float32, len(group))
		for i, slot := range group {
			images[i] = slot.values
		}
		return net.RunNormalized(ctx, images)
	}
	images := make([][]uint8, len(group))
	for i, slot := range group {
		images[i] = slot.pixels
	}
	return net.Run(ctx, images)
}

var errNotFinite = errors.New("its features are not finite: see whether the weights are those of a run that went well")

// fill puts what was found of an image into its place.
func (q *embedQueue) fill(s *embedSlot, row Embedded) {
	q.held -= s.bytes()
	row.Index = s.row.Index
	s.row, s.pixels, s.values, s.done = row, nil, nil, true
	q.held += s.bytes()
}

// give hands over the results that nothing earlier holds up.
func (q *embedQueue) give() error {
	begun := time.Now()
	defer func() { q.times.Taking += time.Since(begun) }()
	for len(q.slots) > 0 && q.slots[0].done {
		s := q.slots[0]
		q.slots[0] = nil
		q.slots = q.slots[1:]
		q.held -= s.bytes()
		q.times.Images++
		if s.row.Err != nil {
			q.times.LeftOut++
			if q.first == nil {
				q.first = s.row.Err
			}
		}
		if err := q.take(s.row); err != nil {
			return err
		}
	}
	return nil
}
