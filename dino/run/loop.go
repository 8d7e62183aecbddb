package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// steps are those under way, and who looks at their metrics.
type steps struct {
	collapse *dino.CollapseMonitor
	timings  []stepTiming // of the steps whose metrics are not there yet
	last     time.Time    // when the last step was submitted
}

// A stepTiming is what the host knows of a step before its metrics are there.
type stepTiming struct{ took, wait time.Duration }

// Train trains to the run's end, saves, and evaluates. Where ctx, max_steps or max_time stops it before, it saves and
// returns a *Stopped. A *NotFinite ends a run for good; after any other error, a *Broken for one, of which an
// *ImagesError may be the cause, the run can be resumed.
func (r *Run) Train(ctx context.Context) error {
	err := r.carryOut(ctx)
	if err != nil {
		r.Log(err.Error())
	}
	if memory := (*gpu.MemoryError)(nil); errors.As(err, &memory) {
		r.Log(memory.Raw)
	}
	return err
}

func (r *Run) carryOut(ctx context.Context) error {
	defer r.sayCollapsed()
	r.options.Stepping(true)
	trained := withLess(r.train(ctx), r.settings, r.trainer)
	r.options.Stepping(false)
	r.sayLeftOut()
	if trained != nil && !errors.Is(trained, ErrStopped) {
		return r.broken(trained)
	}
	if err := r.save(); err != nil {
		return err
	}
	if trained != nil {
		if stopped := (*Stopped)(nil); r.options.AtStop != nil && errors.As(trained, &stopped) && stopped.Reason != Canceled {
			r.options.AtStop(ctx, r)
		}
		return trained
	}
	if r.options.Evaluate == nil {
		return nil
	}
	if err := r.options.Evaluate(ctx, r); ctx.Err() != nil {
		return &Stopped{Step: r.step, Total: r.Total(), Unmeasured: true}
	} else if err != nil {
		return err
	}
	return nil
}

// sayCollapsed says once more, where a run ends, that it is in a collapse: hours lie between the first time and now.
func (r *Run) sayCollapsed() {
	if m := r.steps.collapse; m != nil {
		if since := m.Collapsed(); since != "" {
			r.say("This run collapsed, and its weights are of little use. %s", since)
		}
	}
}

// train does the steps.
func (r *Run) train(ctx context.Context) error {
	total := r.Total()
	defer r.notices.Status("")
	r.steps = steps{collapse: dino.NewCollapseMonitor(r.settings.Config, r.loader.StepsPerEpoch()), last: time.Now()}
	whole := ctx
	if o := r.settings.Run; o.MaxTime > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.MaxTime)
		defer cancel()
	}
	if err := r.evaluateWhenDue(ctx); err != nil { // a run that was stopped within an evaluation makes it now
		return err
	}
	for r.step < total {
		if o := r.settings.Run; ctx.Err() != nil || o.MaxSteps > 0 && r.step >= o.MaxSteps {
			reason := MaxSteps
			switch {
			case whole.Err() != nil:
				reason = Canceled
			case ctx.Err() != nil:
				reason = MaxTime
			}
			if err := r.finish(); err != nil {
				return err
			}
			return &Stopped{Step: r.step, Total: total, Reason: reason}
		}
		if err := r.oneStep(ctx); err != nil {
			if ctx.Err() != nil && !errors.Is(err, layers.ErrNotFinite) {
				continue // stopped while waiting for images: said above
			}
			return err
		}
		if err := r.saveWhenDue(); err != nil {
			return err
		}
		if err := r.evaluateWhenDue(ctx); err != nil {
			return err
		}
		if len(r.steps.timings) == 0 {
			r.steps.last = time.Now() // saving and measuring are no step's time
		}
	}
	return r.finish()
}

// oneStep loads the batches of a step, hands them to the device, and takes in the steps that have run meanwhile: the
// device goes on while the host looks at the next images.
func (r *Run) oneStep(ctx context.Context) error {
	var batches []*augment.Batch
	var wait time.Duration
	for range r.settings.Config.Accumulate {
		b, err := r.loader.Next(ctx)
		if err != nil {
			// what is under way still belongs to the run
			if err := r.finish(); err != nil {
				return err
			}
			return &ImagesError{err}
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
func (r *Run) finish() error {
	ready, err := r.trainer.Finish()
	r.take(ready)
	return err
}

// take writes down the metrics of steps that have run.
func (r *Run) take(ready []dino.StepMetrics) {
	s := &r.steps
	for _, m := range ready {
		took := s.timings[0].took.Seconds()
		m.ImagesPerSecond = float64(r.settings.Config.StepImages()) / took
		m.DataWait = s.timings[0].wait.Seconds() / took
		s.timings = s.timings[1:]
		r.notices.Step(m)
		if said := s.collapse.Observe(m); said != "" {
			r.say("%s", said)
		}
		r.note(m)
	}
}

// evaluateWhenDue evaluates at the end of every EvaluateEvery epochs but the last, after which the run saves first.
// Stopped by ctx it returns nil: the caller sees the same ctx.
func (r *Run) evaluateWhenDue(ctx context.Context) error {
	o := r.options
	if o.Evaluate == nil || o.EvaluateEvery == 0 || r.step == 0 || r.step == r.Total() || r.step%(o.EvaluateEvery*r.loader.StepsPerEpoch()) != 0 {
		return nil
	}
	if err := r.finish(); err != nil {
		return err
	}
	if err := r.hold(); err != nil { // an evaluation may leave images in the folder
		r.sayOnce("%v", err)
	}
	r.options.Stepping(false)
	defer r.options.Stepping(true)
	if err := o.Evaluate(ctx, r); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// broken saves what can be saved of a run that an error ends.
func (r *Run) broken(err error) error {
	if errors.Is(err, layers.ErrNotFinite) {
		return r.notFinite(err) // to go on would end the same way
	}
	held := r.hold()
	if held != nil {
		r.say("%v", held)
		r.saved = -1
	}
	var images *ImagesError
	if errors.As(err, &images) && held == nil && r.step > max(r.saved, 0) {
		if saving := r.saveCheckpoint(); saving != nil {
			r.say("%v", saving)
		}
	}
	if r.saved < 0 {
		return err
	}
	return &Broken{Err: fmt.Errorf("%w\nThe run is saved after step %d", err, r.saved), Saved: r.saved}
}
