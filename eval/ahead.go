package eval

import (
	"context"
	"runtime"
	"sync"

	"github.com/dinogpu/dinogpu/augment"
)

// ahead calls look for 0 to n - 1 on several goroutines (0: one per core), at most `most` of them ahead; next returns
// what it gave, in order. Trouble is waited out. stop ends the goroutines and waits for them.
func ahead[T any](ctx context.Context, n, workers, most int, look func(i int) (T, error)) (next func() (T, error), stop func()) {
	type seen struct {
		it  T
		err error
	}
	type task struct {
		i  int
		to chan<- seen
	}
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	order, tasks := make(chan (<-chan seen), max(1, most)), make(chan task)
	var all sync.WaitGroup
	all.Go(func() {
		defer close(tasks)
		for i := range n {
			to := make(chan seen, 1)
			select {
			case order <- to:
			case <-ctx.Done():
				return
			}
			select {
			case tasks <- task{i, to}:
			case <-ctx.Done():
				return
			}
		}
	})
	for range workers {
		all.Go(func() {
			for t := range tasks {
				var it T
				err := augment.Patiently(ctx, nil, func() (err error) {
					it, err = look(t.i)
					return err
				})
				t.to <- seen{it, err}
			}
		})
	}
	next = func() (T, error) {
		select {
		case from := <-order:
			select {
			case s := <-from:
				return s.it, s.err
			case <-ctx.Done():
			}
		case <-ctx.Done():
		}
		var none T
		return none, ctx.Err()
	}
	return next, func() {
		cancel()
		augment.WaitOrLeave(&all)
	}
}
