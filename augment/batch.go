package augment

import "time"

// Batch is B images in all their views.
type Batch struct {
	N, Epoch int
	// Images are the images' places in the Source, replacements included.
	Images []int
	// Labels are the images' classes as the Source gives them, -1 for none.
	Labels []int
	// Views[v] holds view v of all B images: B x H x W x 3 bytes without
	// gaps, H = W = the recipe's Size(v).
	Views [][]uint8
	// Wait is how long Next had to wait for this batch: time the training
	// lost to the data.
	Wait time.Duration

	free chan<- *Batch
}

// Release gives the batch's memory back for a later one; the caller must not
// touch the batch or its slices afterwards. Batches that are never released
// are left to the garbage collector.
func (b *Batch) Release() {
	if b == nil || b.free == nil {
		return
	}
	free := b.free
	b.free = nil
	select {
	case free <- b:
	default:
	}
}

// batch takes a released batch or makes one.
func (l *Loader) batch(n, epoch int) *Batch {
	var b *Batch
	select {
	case b = <-l.free:
	default:
		b = &Batch{Images: make([]int, l.cfg.BatchSize), Labels: make([]int, l.cfg.BatchSize)}
		for v := range l.cfg.Recipe.Views() {
			s := l.cfg.Recipe.Size(v)
			b.Views = append(b.Views, make([]uint8, l.cfg.BatchSize*s*s*3))
		}
	}
	b.N, b.Epoch, b.Wait, b.free = n, epoch, 0, l.free
	return b
}
