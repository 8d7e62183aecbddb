package augment

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// badList remembers which images could not be decoded.
type badList struct {
	src   Source
	limit int
	tell  func(name string, err error)
	mu    sync.Mutex
	seen  map[int]error
}

// newBadList allows ten bad images, or one in a hundred where that is more.
func newBadList(src Source, tell func(string, error)) *badList {
	return &badList{src: src, limit: max(10, src.Len()/100), tell: tell, seen: map[int]error{}}
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
		b.seen[i] = err
		if b.tell != nil {
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
	return fmt.Errorf("%d of %d images cannot be read, more than the %d that are passed over; replace or remove them: %s",
		len(b.seen), b.src.Len(), b.limit, strings.Join(names, ", "))
}

// decode reads image i of an epoch, or a replacement drawn from the stream
// of (seed, epoch, i), so that the choice depends on nothing else. It gives
// the place of the image it took.
func (b *badList) decode(i int, seed uint64, epoch int, o decode.Options) (*Image, int, error) {
	// With at most limit bad images out of a few dozen or more, this many
	// draws without one good image do not happen.
	const draws = 100
	var rand *Rand
	at := i
	for range draws {
		if !b.known(at) {
			im, err := decodeAs(b.src, at, o)
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
