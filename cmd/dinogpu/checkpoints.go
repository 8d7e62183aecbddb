package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino"
)

// saveWhenDue writes a checkpoint at the end of an epoch, or every
// --checkpoint-every steps, and removes those that are too many.
func (r *training) saveWhenDue() error {
	every := r.settings.Run.CheckpointEvery
	if every == 0 {
		every = r.loader.StepsPerEpoch()
	}
	if r.step%every != 0 || r.step == r.trainer.Schedules.Steps() {
		return nil // the run's end saves for itself
	}
	return r.saveCheckpoint()
}

// saveCheckpoint writes one and then removes older ones.
func (r *training) saveCheckpoint() error {
	folder := r.run.Join("checkpoints")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("no folder for the checkpoints: %w", err)
	}
	if err := r.trainer.WriteCheckpoint(filepath.Join(folder, dino.CheckpointName(r.step)), r.settings, r.device.Adapter.Name); err != nil {
		return err
	}
	return r.prune()
}

// prune keeps the newest --keep checkpoints and, for ever, one every
// --saveckp-freq epochs.
func (r *training) prune() error {
	paths, err := dino.Checkpoints(r.run.Path())
	if err != nil {
		return err
	}
	forEver := map[string]bool{}
	if freq := r.settings.Run.SaveckpFreq; freq > 0 {
		for step := 0; step <= r.step; step += freq * r.loader.StepsPerEpoch() {
			forEver[dino.CheckpointName(step)] = true
		}
	}
	for i, path := range paths {
		if i < max(1, r.settings.Run.Keep) || forEver[filepath.Base(path)] {
			continue
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("an old checkpoint stays: %w", err)
		}
	}
	return nil
}
