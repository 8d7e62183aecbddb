package augment

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// pipeline makes batches from a first one on. One goroutine puts batches, in
// order, into a bounded queue and their images into a list of tasks; workers
// take tasks and write each image's views to the place that is its own, so
// that it cannot matter who does what when.
type pipeline struct {
	order chan *job
	ctx   context.Context // ends when the pipeline is closed
	quit  context.CancelFunc
	all   sync.WaitGroup
}

// job is one batch being filled. done is closed when its last image is in.
type job struct {
	batch *Batch
	left  atomic.Int64
	once  sync.Once
	err   error // the first; read it after done
	done  chan struct{}
}

// task is one image of a job.
type task struct {
	job  *job
	slot int
}

// start runs a pipeline from batch n on.
func (l *Loader) start(n int) *pipeline {
	p := &pipeline{order: make(chan *job, l.cfg.Queue)}
	p.ctx, p.quit = context.WithCancel(context.Background())
	tasks := make(chan task)
	p.all.Go(func() {
		defer close(tasks)
		l.plan(p, n, tasks)
	})
	for range l.cfg.Workers {
		p.all.Go(func() {
			s := &scratch{}
			for t := range tasks {
				l.fill(p.ctx, t, s)
			}
		})
	}
	return p
}

// plan feeds the queue and the workers until the pipeline is closed.
func (l *Loader) plan(p *pipeline, n int, tasks chan<- task) {
	var order []int
	have := -1
	for ; ; n++ {
		epoch := n / l.perEpoch
		if epoch != have {
			order = NewRand(Key{Seed: l.cfg.Seed, Epoch: epoch, View: viewOrder}).Perm(l.src.Len())
			have = epoch
		}
		j := &job{batch: l.batch(n, epoch), done: make(chan struct{})}
		j.left.Store(int64(l.cfg.BatchSize))
		copy(j.batch.Images, order[n%l.perEpoch*l.cfg.BatchSize:])
		select {
		case p.order <- j:
		case <-p.ctx.Done():
			return
		}
		for slot := range l.cfg.BatchSize {
			select {
			case tasks <- task{j, slot}:
			case <-p.ctx.Done():
				return
			}
		}
	}
}

// fill makes all views of one image.
func (l *Loader) fill(ctx context.Context, t task, s *scratch) {
	b := t.job.batch
	if err := l.views(ctx, b, t.slot, s); err != nil {
		t.job.once.Do(func() { t.job.err = err })
	}
	if t.job.left.Add(-1) == 0 {
		close(t.job.done)
	}
}

func (l *Loader) views(ctx context.Context, b *Batch, slot int, s *scratch) error {
	im, at, err := l.bad.decode(ctx, b.Images[slot], l.cfg.Seed, b.Epoch, decode.Options{Shrink: l.cfg.Recipe.shrink, Budget: l.budget})
	if err != nil {
		return err
	}
	defer im.Release()
	// A replacement takes the streams of the image it stands in for, so
	// that it differs from its own turn in the same epoch.
	asked := b.Images[slot]
	b.Images[slot], b.Labels[slot] = at, l.src.Label(at)
	for v := range b.Views {
		k := l.cfg.Recipe.Kind(v)
		size := k.Size * k.Size * 3
		rand := NewRand(Key{Seed: l.cfg.Seed, Epoch: b.Epoch, Image: asked, View: v})
		k.view(b.Views[v][slot*size:(slot+1)*size], im, rand, s)
	}
	return nil
}

// close ends the goroutines and waits for them.
func (p *pipeline) close() {
	p.quit()
	WaitOrLeave(&p.all)
}
