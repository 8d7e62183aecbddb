package augment

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Trouble is a failure to read an image that is not its file's own: too many
// open files, a network that does not answer, a folder that is gone. It may pass.
type Trouble struct{ Err error }

func (t *Trouble) Error() string { return t.Err.Error() }
func (t *Trouble) Unwrap() error { return t.Err }

// How long Patiently goes on, and how long it waits between two looks.
const (
	patience  = time.Minute
	firstWait = 50 * time.Millisecond
	mostWait  = 5 * time.Second
	quietFor  = 2 * time.Second // trouble that is over by then is not told
)

// Patiently calls look until its error is no *Trouble, for a minute at most, and
// returns its last error, or that of ctx where that ends first. tell, which may be
// nil, is called with trouble that lasts.
func Patiently(ctx context.Context, tell func(error), look func() error) error {
	begun := time.Now()
	for wait := firstWait; ; wait = min(2*wait, mostWait) {
		err := look()
		var trouble *Trouble
		lasts := time.Since(begun)
		if !errors.As(err, &trouble) || lasts >= patience {
			return err
		}
		if lasts >= quietFor && tell != nil {
			tell(err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// letGo is how long WaitOrLeave waits.
const letGo = 5 * time.Second

// WaitOrLeave waits for goroutines that read images and were told to end. One that
// reads from a disk or network that does not answer may never end, and is left
// behind after a few seconds.
func WaitOrLeave(readers *sync.WaitGroup) {
	ended := make(chan struct{})
	go func() {
		readers.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(letGo):
	}
}
