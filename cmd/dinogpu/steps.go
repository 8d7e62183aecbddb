package main

import (
	"context"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
)

// steps are those under way, and who looks at their metrics.
type steps struct {
	progress *progress
	collapse *dino.CollapseMonitor
	timings  []stepTiming // of the steps whose metrics are not there yet
	last     time.Time    // when the last step was submitted
}

// A stepTiming is what the host knows of a step before its metrics are there.
type stepTiming struct{ took, wait time.Duration }

// oneStep loads the batches of a step, hands them to the device, and takes in the steps that have run meanwhile: the
// device goes on while the host looks at the next pictures.
func (r *training) oneStep(ctx context.Context) error {
	var batches []*augment.Batch
	var wait time.Duration
	for range r.settings.Config.Accumulate {
		b, err := r.loader.Next(ctx)
		if err != nil {
			// what is under way still belongs to the run
			if err := r.finish(); err != nil {
				return err
			}
			return picturesError{err}
		}
		defer b.Release()
		wait += b.Wait
		batches = append(batches, b)
	}
	ready, err := r.trainer.Submit(batches...)
	now := time.Now()
	r.steps.timings = append(r.steps.timings, stepTiming{now.Sub(r.steps.last), wait})
	r.steps.last = now
	r.take(ready)
	if err == nil {
		r.step++
	}
	return err
}

// finish waits for the steps under way and takes them in.
func (r *training) finish() error {
	ready, err := r.trainer.Finish()
	r.take(ready)
	return err
}

// take writes down the metrics of steps that have run.
func (r *training) take(ready []dino.StepMetrics) {
	s := &r.steps
	for _, m := range ready {
		took := s.timings[0].took.Seconds()
		m.ImagesPerSecond = float64(r.settings.Config.StepPictures()) / took
		m.DataWait = s.timings[0].wait.Seconds() / took
		s.timings = s.timings[1:]
		s.progress.Step(m)
		if said := s.collapse.Observe(m); said != "" {
			r.options.Console.Print("%s", said)
		}
		r.note(m)
	}
}
