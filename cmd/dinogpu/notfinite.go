package main

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// withLastGood adds to the error of a run that stopped at a number that is not finite what the run has left.
func (r *training) withLastGood(err error) error {
	paths, listed := weights.Checkpoints(r.run.Path())
	if listed != nil || len(paths) == 0 {
		return fmt.Errorf("%w; the run has no checkpoint yet", err)
	}
	return fmt.Errorf("%w; the last good state is %s", err, paths[0])
}
