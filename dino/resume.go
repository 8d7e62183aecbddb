package dino

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// checkpointPattern names the checkpoints of a run folder; their names sort by step.
const checkpointPattern = "step-*.dino"

// CheckpointName is the file of a step's checkpoint in a run's folder "checkpoints".
func CheckpointName(step int) string { return fmt.Sprintf("step-%08d.dino", step) }

// Checkpoints lists a run's checkpoints, the newest first.
func Checkpoints(run string) ([]string, error) {
	folder := filepath.Join(run, "checkpoints")
	entries, err := os.ReadDir(folder) // a pattern would take a folder that cannot be read for an empty one
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, disk.CannotRead(folder, err)
	}
	var paths []string
	for _, e := range entries {
		if ok, _ := filepath.Match(checkpointPattern, e.Name()); ok { // the pattern is well formed
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	slices.Reverse(paths)
	return paths, nil
}

var errNoWholeCheckpoint = errors.New("no checkpoint that is whole")

// NewestCheckpoint reads the newest whole checkpoint of a run. Damaged ones are passed over, and named to passed.
func NewestCheckpoint(run string, passed func(error)) (CheckpointHeader, []layers.HostTensor, error) {
	paths, err := Checkpoints(run)
	if err != nil {
		return CheckpointHeader{}, nil, err
	}
	for _, path := range paths {
		h, tensors, err := ReadCheckpoint(path)
		if err == nil {
			return h, tensors, nil
		}
		if !errors.Is(err, ErrDamaged) {
			return CheckpointHeader{}, nil, err
		}
		passed(err)
	}
	if len(paths) > 0 {
		return CheckpointHeader{}, nil, fmt.Errorf("%s has %w: start a new run", run, errNoWholeCheckpoint)
	}
	return CheckpointHeader{}, nil, fmt.Errorf("%s has %w to go on from: name a run's folder with --resume, or start a new run", run, ErrNoCheckpoint)
}

// ErrNoCheckpoint is in the chain of an error about a run that has never saved.
var ErrNoCheckpoint = errors.New("no checkpoint")

// Settings are those that the checkpoint was written with.
func (h CheckpointHeader) Settings() (settings.Settings, error) {
	return settings.Parse([]byte(h.Config))
}

// Restore takes a checkpoint's tensors and step. The trainer must be built, of the configuration that the
// checkpoint was written with.
func (t *Trainer) Restore(h CheckpointHeader, tensors []layers.HostTensor) error {
	for _, r := range t.roles() {
		var own []layers.HostTensor
		own, tensors = cutPrefix(tensors, r.prefix)
		if err := r.arena.Write(t.device, own); err != nil {
			return fmt.Errorf("the checkpoint's %s: %w", strings.TrimSuffix(r.prefix, "."), err)
		}
	}
	found := false
	for _, x := range tensors {
		if found || x.Name != "center" || !slices.Equal(x.Shape, t.loss.Center.Shape) {
			return fmt.Errorf("the checkpoint's tensor %s %v does not belong to this model", x.Name, x.Shape)
		}
		if err := t.device.Write(t.loss.Center, x.Values); err != nil {
			return err
		}
		found = true
	}
	if !found {
		return errors.New("the checkpoint lacks the tensor center")
	}
	t.step = h.Step
	return nil
}
