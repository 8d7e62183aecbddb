package eval

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dinogpu/dinogpu/augment"
)

// troubled cannot be read for a while.
type troubled struct {
	fakeSource
	until time.Time
}

func (s troubled) Decode(i int) (*augment.Image, error) {
	if time.Now().Before(s.until) {
		return nil, &augment.Trouble{Err: errors.New("too many open files")}
	}
	return s.fakeSource.Decode(i)
}

// Trouble that passes leaves no image out, and one that lasts ends the evaluation: a result of fewer images is another.
func TestTroubleLeavesNoImageOut(t *testing.T) {
	for lasts, works := range map[time.Duration]bool{20 * time.Second: true, time.Hour: false} {
		synctest.Test(t, func(t *testing.T) {
			p := Images{
				Source: troubled{fakeSource{labels: make([]int, 4)}, time.Now().Add(lasts)}, Which: []int{0, 1, 2, 3}, Labels: make([]int, 4),
				View: func(im *augment.Image, _ int) []uint8 { return im.Pix },
			}
			var batches []int
			f, err := p.Embed(context.Background(), Reading{
				Batch: 2, Workers: 2, LeftOut: func(name string, err error) { t.Errorf("%s is left out: %v", name, err) },
			}, fakeEmbedder{&batches})
			if works != (err == nil) || works && len(f[0].Names) != 4 {
				t.Errorf("trouble of %v gives %v", lasts, err)
			}
		})
	}
}
