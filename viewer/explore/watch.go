package explore

import "github.com/dinogpu/dinogpu/dino/weights"

// A Watcher follows the checkpoints of a run that trains.
type Watcher struct {
	Run    string      // its folder
	Notice func(error) // told of checkpoints that were passed over; may be nil

	last string // the newest checkpoint when one was given
}

// due tells whether there is a checkpoint that Newer has not given.
func (w *Watcher) due() (bool, error) {
	paths, err := weights.Checkpoints(w.Run)
	return err == nil && len(paths) > 0 && paths[0] != w.last, err
}

// Newer gives the run's newest checkpoint if it is not the one that it gave before; else nil. A run without a checkpoint
// has none yet.
func (w *Watcher) Newer() (*weights.Model, error) {
	paths, err := weights.Checkpoints(w.Run)
	if err != nil || len(paths) == 0 || paths[0] == w.last {
		return nil, err
	}
	m, err := weights.Open(w.Run, weights.Options{Notice: w.Notice})
	if err != nil {
		return nil, err
	}
	w.last = paths[0]
	return m, nil
}
