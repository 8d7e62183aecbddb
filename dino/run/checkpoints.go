package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
)

// period is how many steps lie between two checkpoints.
func period(r settings.Run, perEpoch int) int {
	if r.CheckpointEvery == 0 {
		return perEpoch
	}
	return r.CheckpointEvery
}

// saveWhenDue writes a checkpoint at the end of an epoch, or every checkpoint_every steps, and removes those that are
// too many. A run is worth more than one of its checkpoints: where it cannot be written, that is said, those before it
// stay, and the run goes on to the next.
func (r *Run) saveWhenDue() error {
	if r.step%period(r.settings.Run, r.loader.StepsPerEpoch()) != 0 || r.step == r.Total() {
		return nil // the run's end saves for itself
	}
	if err := r.finish(); err != nil {
		return err
	}
	r.options.Stepping(false)
	defer r.options.Stepping(true)
	err := r.hold()
	if err == nil {
		err = r.saveCheckpoint()
	}
	switch {
	case errors.Is(err, layers.ErrNotFinite):
		return err // no room would help
	case err == nil:
		r.unsaved = 0
		return nil
	}
	if r.unsaved++; r.unsaved == 1 {
		r.say("%v. Training goes on and saves again at the next checkpoint: free some space until then, as %s", err, r.standing())
	} else {
		r.say("saving failed again after step %d, %d times so far; %s", r.step, r.unsaved, r.standing())
	}
	return nil
}

// hold sees to the run's folder before something is saved in it.
func (r *Run) hold() error {
	sentence, anew, err := r.folder.Hold()
	if sentence != "" {
		r.say("%s", sentence)
	}
	if anew {
		r.saved = -1
	}
	return err
}

// save writes what a run leaves when it ends or is stopped: the checkpoint and the teacher's backbone. One is tried where
// the other fails.
func (r *Run) save() error {
	checkpoint := r.hold()
	if checkpoint == nil && r.saved != r.step {
		checkpoint = r.saveCheckpoint()
	}
	if errors.Is(checkpoint, layers.ErrNotFinite) {
		return r.notFinite(checkpoint)
	}
	if checkpoint != nil {
		checkpoint = fmt.Errorf("step %d could not be saved: %w. Free some space; %s", r.step, checkpoint, r.standing())
	}
	teacher := r.saveTeacher()
	if teacher != nil && checkpoint == nil {
		teacher = fmt.Errorf("%w. The checkpoint of step %d is saved, and the run writes the file when it is resumed", teacher, r.step)
	}
	return errors.Join(checkpoint, teacher)
}

// standing says from where a run that ends now would go on.
func (r *Run) standing() string {
	if r.saved < 0 {
		return "there is no checkpoint yet"
	}
	return fmt.Sprintf("the newest checkpoint is that of step %d", r.saved)
}

// saveCheckpoint writes one and then removes older ones.
func (r *Run) saveCheckpoint() error {
	folder := r.folder.Join(weights.CheckpointsFolder)
	if err := disk.MakeFolder(folder); err != nil {
		return fmt.Errorf("no folder for the checkpoints: %w", err)
	}
	path := filepath.Join(folder, weights.CheckpointName(r.step))
	if err := roomFor(weights.CheckpointBytes(r.trainer.StateLayout()), path); err != nil {
		return fmt.Errorf("checkpoint %w", err)
	}
	// What the checkpoint stands for is in metrics.jsonl before it is.
	if err := r.folder.Sync(); err != nil {
		return err
	}
	state, err := r.trainer.State()
	if err != nil {
		return err
	}
	if err := weights.WriteCheckpoint(path, r.header(), state); err != nil {
		return err
	}
	r.saved = r.step
	r.prune()
	return nil
}

func (r *Run) header() weights.Header {
	perEpoch, c := r.loader.StepsPerEpoch(), r.settings.Config
	return weights.Header{
		Step: r.step, Epoch: r.step / perEpoch, Batch: r.step % perEpoch * c.Accumulate, Seed: c.Seed,
		Config: string(r.settings.YAML()), Matmul: r.trainer.Matmul(), Adapter: r.device.Adapter.Name, Images: r.fingerprint,
	}
}

// saveTeacher writes the teacher's backbone under the names of the released weights, which timm loads as they are.
func (r *Run) saveTeacher() error {
	path := r.folder.Join(weights.TeacherFile)
	if err := roomFor(weights.TeacherBytes(r.trainer.StateLayout()), path); err != nil {
		return err
	}
	backbone, err := r.trainer.TeacherBackbone()
	if err != nil {
		return err
	}
	return weights.WriteSafetensors(path, backbone, weights.BackboneMetadata(r.settings.Config))
}

// prune removes the checkpoints that are not to be kept.
func (r *Run) prune() {
	paths, err := weights.Checkpoints(r.folder.Path())
	if err != nil {
		r.sayOnce("old checkpoints stay: %v", err)
	}
	for _, path := range tooMany(paths, r.settings.Run, r.loader.StepsPerEpoch(), r.step) {
		if err := os.Remove(path); err != nil {
			r.sayOnce("an old checkpoint stays: %v", err)
		}
	}
}

// tooMany are those of paths, the newest first, that are neither among the newest keep nor, every saveckp_freq epochs,
// kept for ever.
func tooMany(paths []string, r settings.Run, perEpoch, step int) []string {
	forEver := map[string]bool{}
	if r.SaveckpFreq > 0 {
		every := r.SaveckpFreq * perEpoch
		for s := every; s <= step; s += every {
			forEver[weights.CheckpointName(s)] = true
		}
	}
	var many []string
	for i, path := range paths {
		if i >= max(1, r.Keep) && !forEver[filepath.Base(path)] {
			many = append(many, path)
		}
	}
	return many
}

// notFinite adds to the error of a run that stopped at a number that is not finite what the run has left: its newest
// checkpoint in which every number is finite, as the run may have begun with one that was not.
func (r *Run) notFinite(err error) error {
	e := &NotFinite{Err: err}
	paths, _ := weights.Checkpoints(r.folder.Path()) // none can be named where they cannot be listed
	for _, path := range paths {
		if _, tensors, err := weights.ReadCheckpoint(path); err == nil && allFinite(tensors) {
			e.LastGood = path
			break
		}
	}
	return e
}

func allFinite(tensors []layers.HostTensor) bool {
	for _, t := range tensors {
		for _, x := range t.Values {
			if x-x != 0 { // NaN and the infinities
				return false
			}
		}
	}
	return true
}
