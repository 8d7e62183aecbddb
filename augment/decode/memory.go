package decode

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// maxPixels bounds an image: Pillow refuses from about the same size on.
const maxPixels = 179_000_000

// memory bounds the bytes that one image's decoding may take, and those of a
// Budget. It is the same on every machine, so that the same images are bad.
const memory = 2 << 30

// Budget bounds the memory of images that are decoded at once: the file, what
// its decoder needs, and the result until it is released. Who has to wait does so
// in turn. (The garbage collector may leave about as much again.)
type Budget struct {
	size int
	free *semaphore.Weighted
}

// NewBudget makes one of 2 GiB, the most that a single image may take.
func NewBudget() *Budget { return newBudget(memory) }

func newBudget(size int) *Budget { return &Budget{size, semaphore.NewWeighted(int64(size))} }

// share is what one image has of a Budget, which may be nil.
type share struct {
	budget *Budget
	held   int64
}

// need makes the share as large as bytes, which is an error if it is more than a
// single image may take. Nobody waits while holding a part, so that two cannot
// wait for each other.
func (s *share) need(bytes int) error {
	most := memory
	if s.budget != nil {
		most = s.budget.size
	}
	if bytes > most {
		return refuse("decoding it takes %s of memory, more than the %s that there may be: shrink it, or cut it into parts", amount(bytes), amount(most))
	}
	more := int64(bytes) - s.held
	if s.budget == nil || more <= 0 {
		return nil
	}
	if !s.budget.free.TryAcquire(more) {
		s.keep(0)
		if err := s.budget.free.Acquire(context.Background(), int64(bytes)); err != nil {
			return err
		}
	}
	s.held = int64(bytes)
	return nil
}

// keep gives back what is more than bytes.
func (s *share) keep(bytes int) {
	if less := s.held - int64(bytes); s.budget != nil && less > 0 {
		s.budget.free.Release(less)
		s.held -= less
	}
}

// fits checks an image's size in pixels as its header says it, and takes memory
// for the file, for what its decoder needs and for the result. A byte of the file
// can hold perByte pixels at most, 0 if there is no such bound.
func (w *work) fits(width, height, decoder, perByte int) error {
	if width <= 0 || height <= 0 || width > maxPixels/height {
		return refuse("it says it is %d x %d pixels, outside 1 to %d in all: shrink or remove it", width, height, maxPixels)
	}
	if perByte > 0 && width*height > perByte*w.size {
		return refuse("it says it is %d x %d pixels, more than its %d bytes can hold: replace or remove it", width, height, w.size)
	}
	return w.share.need(w.size + decoder + 3*width*height)
}

// amount writes a number of bytes.
func amount(bytes int) string {
	switch {
	case bytes >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%d bytes", bytes)
}
