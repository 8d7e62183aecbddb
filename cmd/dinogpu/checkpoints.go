package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/layers"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// saveWhenDue writes a checkpoint at the end of an epoch, or every
// --checkpoint-every steps, and removes those that are too many. A run is
// worth more than one of its checkpoints: where it cannot be written, that is
// said, those before it stay, and the run goes on to the next.
func (r *training) saveWhenDue() error {
	every := r.settings.Run.CheckpointEvery
	if every == 0 {
		every = r.loader.StepsPerEpoch()
	}
	if r.step%every != 0 || r.step == r.trainer.Schedules.Steps() {
		return nil // the run's end saves for itself
	}
	if err := r.finish(); err != nil {
		return err
	}
	if err := r.saveCheckpoint(); errors.Is(err, layers.ErrNotFinite) {
		return err // no room would help
	} else if err != nil {
		r.options.Console.Print("%v. Training goes on and saves again at the next checkpoint: free some space until then, as %s", err, r.standing())
	}
	return nil
}

// save writes what a run leaves when it ends or is stopped: the checkpoint and
// the teacher's backbone. One is tried where the other fails.
func (r *training) save() error {
	var checkpoint error
	if r.saved != r.step {
		checkpoint = r.saveCheckpoint()
	}
	if errors.Is(checkpoint, layers.ErrNotFinite) {
		return r.broken(checkpoint)
	}
	if checkpoint != nil {
		checkpoint = fmt.Errorf("step %d could not be saved: %w. Free some space; %s", r.step, checkpoint, r.standing())
	}
	path := r.run.Join("teacher.safetensors")
	teacher := roomFor(weights.TeacherBytes(r.trainer.StateLayout()), path)
	if teacher == nil {
		teacher = r.writeTeacher(path)
	}
	return errors.Join(checkpoint, teacher)
}

// standing says from where a run that ends now would go on.
func (r *training) standing() string {
	if r.saved < 0 {
		return "no checkpoint stands yet"
	}
	return fmt.Sprintf("the newest checkpoint is that of step %d, from which %s goes on", r.saved, r.resumeCommand())
}

// saveCheckpoint writes one and then removes older ones.
func (r *training) saveCheckpoint() error {
	folder := r.run.Join("checkpoints")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("no folder for the checkpoints: %w", err)
	}
	path := filepath.Join(folder, weights.CheckpointName(r.step))
	if err := roomFor(weights.CheckpointBytes(r.trainer.StateLayout()), path); err != nil {
		return fmt.Errorf("checkpoint %w", err)
	}
	// What the checkpoint stands for is in metrics.jsonl before it is.
	if err := r.run.Sync(); err != nil {
		return err
	}
	state, err := r.trainer.State()
	if err != nil {
		return err
	}
	perEpoch, c := r.loader.StepsPerEpoch(), r.settings.Config
	header := weights.Header{
		Step: r.step, Epoch: r.step / perEpoch, Batch: r.step % perEpoch * c.Accumulate, Seed: c.Seed,
		Config: string(r.settings.YAML()), Matmul: r.trainer.Matmul(), Adapter: r.device.Adapter.Name, Pictures: r.fingerprint,
	}
	if err := weights.WriteCheckpoint(path, header, state); err != nil {
		return err
	}
	r.saved = r.step
	r.prune()
	return nil
}

// writeTeacher writes the teacher's backbone under the names of the released weights, which timm loads as they are.
func (r *training) writeTeacher(path string) error {
	backbone, err := r.trainer.TeacherBackbone()
	if err != nil {
		return err
	}
	return weights.WriteSafetensors(path, backbone, weights.BackboneMetadata(r.settings.Config))
}

// prune keeps the newest --keep checkpoints and, for ever, one every
// --saveckp-freq epochs.
func (r *training) prune() {
	paths, err := weights.Checkpoints(r.run.Path())
	if err != nil {
		r.options.Console.Print("old checkpoints stay: %v", err)
	}
	forEver := map[string]bool{}
	if freq := r.settings.Run.SaveckpFreq; freq > 0 {
		every := freq * r.loader.StepsPerEpoch()
		for step := every; step <= r.step; step += every {
			forEver[weights.CheckpointName(step)] = true
		}
	}
	for i, path := range paths {
		if i < max(1, r.settings.Run.Keep) || forEver[filepath.Base(path)] {
			continue
		}
		if err := os.Remove(path); err != nil {
			r.options.Console.Print("an old checkpoint stays: %v", err)
		}
	}
}
