package augment

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// badList remembers which images could not be decoded, and which are being read.
type badList struct {
	src   Source
	limit int
	tell  func(name string, err error)
	wait  func(sentence string)

	mu      sync.Mutex
	seen    map[int]error
	reading map[int]time.Time // since when
	told    time.Time         // of trouble, the last time
	lost    *Trouble          // what lasted too long: no image is looked at any more
	closed  bool              // nothing is told any more
}

// newBadList allows as many bad images as the configuration says.
func newBadList(src Source, cfg LoaderConfig) *badList {
	limit := cfg.MaxBad
	switch {
	case limit == 0: // ten, or one in a hundred where that is more
		limit = max(10, src.Len()/100)
	case limit < 0:
		limit = 0
	}
	return &badList{src: src, limit: limit, tell: cfg.OnBad, wait: cfg.OnWait, seen: map[int]error{}, reading: map[int]time.Time{}}
}

// known tells whether an image has failed before.
func (b *badList) known(i int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen[i] != nil
}

// add takes one bad image, names it the first time, and gives an error once
// there are too many.
func (b *badList) add(i int, err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen[i] == nil {
		over := len(b.seen) > b.limit // the error has been given: no more is told
		b.seen[i] = err
		if b.tell != nil && !over && !b.closed {
			b.tell(quote(b.src.Name(i)), err)
		}
	}
	if len(b.seen) <= b.limit {
		return nil
	}
	return b.tooMany()
}

// tooMany lists the bad images, the first twenty by name.
func (b *badList) tooMany() error {
	const most = 20
	var names []string
	for _, i := range slices.Sorted(maps.Keys(b.seen)) {
		if len(names) == most {
			names = append(names, fmt.Sprintf("and %d more", len(b.seen)-most))
			break
		}
		names = append(names, quote(b.src.Name(i)))
	}
	return fmt.Errorf("%d of %d images cannot be read, more than the %d that are passed over (`max_bad`); replace or remove them: %s",
		len(b.seen), b.src.Len(), b.limit, strings.Join(names, ", "))
}

// read reads one image, for a minute where something else than its file is at fault.
func (b *badList) read(ctx context.Context, i int, o decode.Options) (im *Image, err error) {
	b.mu.Lock()
	b.reading[i] = time.Now()
	lost := b.lost
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.reading, i)
		b.mu.Unlock()
	}()
	if lost != nil {
		return nil, lost
	}
	err = Patiently(ctx, b.trouble, func() error {
		im, err = decodeAs(b.src, i, o)
		return err
	})
	return im, err
}

// trouble tells of trouble that lasts, of all workers' once in a while.
func (b *badList) trouble(err error) {
	b.say(func() string {
		return fmt.Sprintf("images cannot be read for now, which is tried again for a minute: %v", err)
	})
}

// slow tells of the image that is being read the longest, where that is longer than usual.
func (b *badList) slow() {
	b.say(func() string {
		longest, at := time.Duration(0), 0
		for i, since := range b.reading {
			if took := time.Since(since); took > longest {
				longest, at = took, i
			}
		}
		if longest < slowAfter {
			return ""
		}
		return fmt.Sprintf("image %s has not been read for %d seconds: see that its disk or network answers", quote(b.src.Name(at)), int(longest.Seconds()))
	})
}

// slowAfter is after how long a wait for images is told of, and the least time between two such sentences.
const slowAfter = 30 * time.Second

func (b *badList) say(sentence func() string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wait == nil || b.closed || time.Since(b.told) < slowAfter {
		return
	}
	if text := sentence(); text != "" {
		b.told = time.Now()
		b.wait(text)
	}
}

// close has nothing told any more: a worker that hangs may end long after its loader.
func (b *badList) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// decode reads image i of an epoch, or a replacement drawn from the stream
// of (seed, epoch, i), so that the choice depends on nothing else. It gives
// the place of the image it took.
func (b *badList) decode(ctx context.Context, i int, seed uint64, epoch int, o decode.Options) (*Image, int, error) {
	// With at most limit bad images out of a few dozen or more, this many
	// draws without one good image do not happen.
	const draws = 100
	var rand *Rand
	at := i
	for range draws {
		if !b.known(at) {
			im, err := b.read(ctx, at, o)
			if ctx.Err() != nil {
				return nil, at, ctx.Err()
			}
			if trouble := (*Trouble)(nil); errors.As(err, &trouble) {
				b.mu.Lock()
				b.lost = trouble
				b.mu.Unlock()
				return nil, at, err
			}
			if err == nil && (im == nil || im.W < 1 || im.H < 1) {
				err = fmt.Errorf("image %s: without pixels: replace or remove it", quote(b.src.Name(at)))
			}
			if err == nil {
				return im, at, nil
			}
			if err := b.add(at, err); err != nil {
				return nil, at, err
			}
		}
		if rand == nil {
			rand = NewRand(Key{Seed: seed, Epoch: epoch, Image: i, View: viewReplacement})
		}
		at = rand.IntN(b.src.Len())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return nil, at, b.tooMany()
}
