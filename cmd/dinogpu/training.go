package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/gpu"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"

	"github.com/dinogpu/dinogpu/dino/run"
)

// training is a run under way.
type training struct {
	settings settings.Settings
	options  trainOptions
	device   *gpu.Device
	loader   *augment.Loader
	target   gpu.Target
	trainer  *dino.Trainer
	run      *run.Folder
	pictures augment.Source

	demo *demoEvaluation // nil for other pictures
	knn  *eval.Vote      // nil without --knn-every
	from *resumed        // nil for a new run
	step int             // submitted to the device; all have run wherever the run's state is looked at

	steps       steps
	fingerprint string // of the pictures
	saved       int    // step of the newest checkpoint that this process knows whole; -1: none
	waits       bool   // lines of metrics.jsonl wait for room
}

// carryOut trains to the end, or until ctx, --max-steps or --max-time stops
// it, and writes what the run leaves.
func (r *training) carryOut(ctx context.Context) error {
	r.options.Console.Print("%d pictures, %d steps an epoch, %.1f million parameters", r.pictures.Len(), r.loader.StepsPerEpoch(), float64(r.trainer.Layout.Count())/1e6)
	if r.from == nil { // what a run began with is not to be changed any more
		advise(r.settings, settings.AutoInput{Pictures: r.pictures.Len(), Software: r.device.Adapter.Software}, r.options.Console)
	}
	if err := r.goOn(); err != nil {
		return err
	}
	if r.settings.Config.Data == settings.DataDemo {
		var err error
		if r.demo, err = newDemoEvaluation(r); err != nil {
			return err
		}
	}
	trained := r.train(ctx)
	if trained != nil && !errors.Is(trained, errStopped) {
		return r.broken(trained)
	}
	if err := r.save(); err != nil {
		return err
	}
	if trained != nil {
		return trained
	}
	if err := r.judge(ctx); ctx.Err() != nil {
		return fmt.Errorf("%w, the last evaluation is not made: %s makes it", errStopped, r.resumeCommand())
	} else if err != nil {
		return err
	}
	return r.tellWhere()
}

// judge makes the last evaluations of a run that is trained and saved.
func (r *training) judge(ctx context.Context) error {
	progress := newProgress(r.options.Console, r.step, r.settings.Config.Epochs)
	if err := r.measure(ctx, progress); err != nil || r.demo == nil {
		return err
	}
	return r.demo.report(ctx)
}

// goOn puts the run to where its checkpoint was written.
func (r *training) goOn() error {
	if r.from == nil || r.from.tensors == nil {
		return nil
	}
	h := r.from.header
	if h.Adapter != r.device.Adapter.Name {
		r.options.Console.Print("the run began on %s: from here on rounding differs", h.Adapter)
	}
	if err := r.trainer.Restore(h.Step, r.from.tensors); err != nil {
		return err
	}
	r.step, r.saved, r.from.tensors = h.Step, h.Step, nil
	return r.loader.Seek(h.Step * r.settings.Config.Accumulate)
}

// train does the steps.
func (r *training) train(ctx context.Context) error {
	total := r.trainer.Schedules.Steps()
	progress := newProgress(r.options.Console, total, r.settings.Config.Epochs)
	defer progress.Done()
	r.steps = steps{progress: progress, collapse: dino.NewCollapseMonitor(r.settings.Config, r.loader.StepsPerEpoch()), last: time.Now()}
	if o := r.settings.Run; o.MaxTime > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.MaxTime)
		defer cancel()
	}
	if r.step < total { // a run that was stopped within an evaluation makes it now
		if err := r.measure(ctx, progress); err != nil {
			return err
		}
	}
	for r.step < total {
		if o := r.settings.Run; ctx.Err() != nil || o.MaxSteps > 0 && r.step >= o.MaxSteps {
			if err := r.finish(); err != nil {
				return err
			}
			return fmt.Errorf("%w after step %d of %d; it goes on with: %s", errStopped, r.step, total, r.resumeCommand())
		}
		if err := r.oneStep(ctx); err != nil {
			if ctx.Err() != nil && !errors.Is(err, layers.ErrNotFinite) {
				continue // stopped while waiting for pictures: said above
			}
			return err
		}
		if err := r.saveWhenDue(); err != nil {
			return err
		}
		if r.step < total { // the run's end saves first
			if err := r.measure(ctx, progress); err != nil {
				return err
			}
		}
		if len(r.steps.timings) == 0 {
			r.steps.last = time.Now() // saving and measuring are no step's time
		}
	}
	return r.finish()
}

// tellWhere names what the run left, and what may come next.
func (r *training) tellWhere() error {
	files := "teacher.safetensors (the released names), "
	next := fmt.Sprintf("  %s eval knn --weights %s --data LABELLED   how well it tells classes apart; LABELLED holds train/ and val/",
		programName(), argument(r.run.Path()))
	if r.demo != nil {
		files += "neighbours.png, attention/heads.png, "
		next = fmt.Sprintf(`  %[1]s train --data YOUR_PICTURES --preset auto   settings by their number
  %[1]s bench --preset demo                        what this device can do, and where a step's time goes`, programName())
	}
	_, err := fmt.Fprintf(r.options.Stdout, "\nResults are in %s: %smetrics.jsonl, train.log, checkpoints.\n\nTry next:\n%s\n", r.run.Path(), files, next)
	return err
}
