package main

import (
	"errors"
	"fmt"

	"github.com/dinogpu/dinogpu/layers"
)

// picturesError is a failure to load a batch: the networks are as after the
// last step, and worth saving.
type picturesError struct{ error }

func (e picturesError) Unwrap() error { return e.error }

// broken saves what can be saved of a run that an error ends, and says from
// where it goes on once the cause is gone.
func (r *training) broken(err error) error {
	if errors.Is(err, layers.ErrNotFinite) {
		return r.withLastGood(err) // to go on would end the same way
	}
	var pictures picturesError
	if errors.As(err, &pictures) && r.step > max(r.saved, 0) {
		if saving := r.saveCheckpoint(); saving != nil {
			r.options.Console.Print("%v", saving)
		}
	}
	if r.saved < 0 {
		return err
	}
	return fmt.Errorf("%w\nThe run is saved after step %d; it goes on with: %s", err, r.saved, r.resumeCommand())
}

// note adds a line to metrics.jsonl. Where the disk is full it waits there: a
// run is worth more than a line.
func (r *training) note(metrics any) {
	err := r.run.Metric(metrics)
	if err != nil && !r.waits {
		r.options.Console.Print("%v: lines wait in memory until there is room", err)
	}
	r.waits = err != nil
}
