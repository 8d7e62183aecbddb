package live

import (
	"context"
	"sync"
	"time"

	"github.com/dinogpu/dinogpu/viewer/report"
)

// pollEvery is how often files are looked at while somebody looks at the page.
const pollEvery = time.Second

// A Site is the live page of the runs that there are. It is safe for several goroutines.
type Site struct {
	every time.Duration // between looks at the files

	mu      sync.Mutex
	shelf   *shelf
	version int // grows with every change
	made    map[string]made
	waiting map[chan struct{}]bool
}

// made is what was made of a choice of runs, for all who show the same.
type made struct {
	version  int
	title    string
	sections []report.Section
}

// mostMade is how many choices are remembered.
const mostMade = 16

// New makes the site of the runs that the user named, each of which must be there, and of those in a folder.
func New(folder string, paths []string) (*Site, error) {
	shelf, err := newShelf(folder, paths)
	if err != nil {
		return nil, err
	}
	return &Site{every: pollEvery, shelf: shelf, made: map[string]made{}, waiting: map[chan struct{}]bool{}}, nil
}

// Follow looks at the runs' files until ctx ends.
func (s *Site) Follow(ctx context.Context) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.poll(ctx)
		}
	}
}

// poll looks at what somebody has looked at, and wakes those who wait where something has changed.
func (s *Site) poll(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return
	}
	if s.refresh(ctx) {
		for wake := range s.waiting {
			select {
			case wake <- struct{}{}:
			default: // it has not taken the last one yet, and will see this change too
			}
		}
	}
}

// refresh looks at the files.
func (s *Site) refresh(ctx context.Context) (changed bool) {
	changed = s.shelf.look()
	for _, e := range s.shelf.entries {
		if e.run == nil {
			continue
		}
		got, err := e.run.Refresh(ctx)
		changed = changed || got
		if err != nil {
			break // ctx ended: the rest is there the next time
		}
	}
	if changed {
		s.version++
	}
	return changed
}

// subscribe gives a channel that tells of changes, until cancel is called.
func (s *Site) subscribe() (wake chan struct{}, cancel func()) {
	wake = make(chan struct{}, 1)
	s.mu.Lock()
	s.waiting[wake] = true
	s.mu.Unlock()
	return wake, func() {
		s.mu.Lock()
		delete(s.waiting, wake)
		s.mu.Unlock()
	}
}
