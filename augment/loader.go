package augment

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// LoaderConfig says what a Loader makes and how.
type LoaderConfig struct {
	Recipe    Recipe
	BatchSize int
	// Accumulate is the number of batches in one optimizer step (0 means 1):
	// an epoch is a whole number of optimizer steps.
	Accumulate int
	Seed       uint64
	// Workers decode and crop at once (0: one per processor); Queue batches
	// wait ready at most (0: 2). Neither can change a batch's bytes.
	Workers, Queue int
	// OnBad, if set, is told once of each image that cannot be decoded, by
	// its name as a message may print it; it is called from workers, one call
	// at a time.
	OnBad func(name string, err error)
	// MaxBad is how many bad images others stand in for; one more is an error.
	// 0: ten, or one in a hundred where that is more; below 0: none.
	MaxBad int
	// OnWait, if set, is told where images do not come because of something else
	// than their files, one call at a time.
	OnWait func(sentence string)
}

// Loader makes batches ahead of their use. Batch n is a pure function of
// (seed, epoch, n): each epoch is a new random order of the images, cut into
// batches, the rest dropped. Next, Seek and Close are for one goroutine.
type Loader struct {
	src      Source
	cfg      LoaderConfig
	perEpoch int // batches
	bad      *badList
	budget   *decode.Budget // of all workers together
	free     chan *Batch
	pipe     *pipeline // nil until Next, after Seek and after Close
	head     *job      // taken from the pipe but not yet given out
	next     int
	closed   bool
}

// NewLoader checks a configuration against its source. Nothing is read until
// the first Next.
func NewLoader(src Source, cfg LoaderConfig) (*Loader, error) {
	if err := cfg.Recipe.Check(); err != nil {
		return nil, err
	}
	cfg.Accumulate = max(1, cfg.Accumulate)
	if cfg.BatchSize < 1 {
		return nil, fmt.Errorf("a batch of %d images: give 1 or more", cfg.BatchSize)
	}
	if err := cfg.fillStep(src.Len()); err != nil {
		return nil, err
	}
	if cfg.Workers < 1 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	if cfg.Queue < 1 {
		cfg.Queue = 2
	}
	l := &Loader{
		src: src, cfg: cfg,
		perEpoch: src.Len() / (cfg.BatchSize * cfg.Accumulate) * cfg.Accumulate,
		bad:      newBadList(src, cfg),
		budget:   decode.NewBudget(),
		// Ready ones, the one being handed over, the one being filled, and
		// the one in use.
		free: make(chan *Batch, cfg.Queue+3),
	}
	return l, nil
}

// fillStep refuses fewer images than one optimizer step takes.
func (c LoaderConfig) fillStep(images int) error {
	switch {
	case images < c.BatchSize:
		return fmt.Errorf("a batch of %d is more than the %d images there are: lower the batch size (a tenth of the images or less teaches best)", c.BatchSize, images)
	case images/c.Accumulate < c.BatchSize:
		return fmt.Errorf("one step takes a batch of %d x accumulate %d = %d images, and there are only %d: lower accumulate or the batch size", c.BatchSize, c.Accumulate, c.BatchSize*c.Accumulate, images)
	}
	return nil
}

// StepsPerEpoch is the number of optimizer steps in an epoch: floor(N /
// (batch x accumulate)).
func (l *Loader) StepsPerEpoch() int { return l.perEpoch / l.cfg.Accumulate }

// Seek makes batch n the next one, as if all before it had been taken.
func (l *Loader) Seek(n int) error {
	if n < 0 {
		return fmt.Errorf("batch %d: batches count from 0", n)
	}
	if n != l.next {
		l.stop()
		l.next = n
	}
	return nil
}

// Next gives the next batch, waiting for it if need be. After an error from
// ctx it can be called again and no batch is lost; an error from the images
// stays.
func (l *Loader) Next(ctx context.Context) (*Batch, error) {
	if l.closed {
		return nil, errors.New("the loader is closed")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	start := time.Now()
	if l.pipe == nil {
		l.pipe = l.start(l.next)
	}
	slow := time.NewTicker(slowAfter)
	defer slow.Stop()
	for l.head == nil {
		select {
		case l.head = <-l.pipe.order:
		case <-slow.C:
			l.bad.slow()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	for done := false; !done; {
		select {
		case <-l.head.done:
			done = true
		case <-slow.C:
			l.bad.slow()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := l.head.err; err != nil {
		return nil, err
	}
	b := l.head.batch
	b.Wait = time.Since(start)
	l.head = nil
	l.next++
	return b, nil
}

// Close ends the workers and waits for them, but not for one that hangs. It may
// be called twice.
func (l *Loader) Close() {
	l.bad.close()
	l.stop()
	l.closed = true
}

func (l *Loader) stop() {
	if l.pipe != nil {
		l.pipe.close()
	}
	l.pipe, l.head = nil, nil
}
