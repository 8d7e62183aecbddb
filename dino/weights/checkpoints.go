package weights

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// CheckpointsFolder is the folder of a run's folder that holds its checkpoints.
const CheckpointsFolder = "checkpoints"

// CheckpointName is the file of a step's checkpoint in a run's folder "checkpoints".
func CheckpointName(step int) string { return fmt.Sprintf("step-%08d.dino", step) }

// CheckpointStep is the step whose checkpoint a file is by its name; ok is false for every other file, such as a copy
// that somebody keeps beside the checkpoints.
func CheckpointStep(path string) (step int, ok bool) {
	name := filepath.Base(path)
	digits := strings.TrimSuffix(strings.TrimPrefix(name, "step-"), ".dino")
	step, err := strconv.Atoi(digits)
	return step, err == nil && step >= 0 && name == CheckpointName(step)
}

// Checkpoints lists a run's checkpoints, the newest first. Files that do not have such a name are none of them.
func Checkpoints(run string) ([]string, error) {
	folder := filepath.Join(run, CheckpointsFolder)
	entries, err := os.ReadDir(folder) // a pattern would take a folder that cannot be read for an empty one
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, disk.CannotRead(folder, err)
	}
	var steps []int
	for _, e := range entries {
		if step, ok := CheckpointStep(e.Name()); ok && !e.IsDir() {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps) // names of nine digits sort before those of eight
	var paths []string
	for _, step := range slices.Backward(steps) {
		paths = append(paths, filepath.Join(folder, CheckpointName(step)))
	}
	return paths, nil
}

var errNoWholeCheckpoint = errors.New("no checkpoint that is whole")

// NewestCheckpoint reads the newest whole checkpoint of a run. Damaged ones are passed over, and named to passed.
func NewestCheckpoint(run string, passed func(error)) (Header, []layers.HostTensor, error) {
	paths, err := Checkpoints(run)
	if err != nil {
		return Header{}, nil, err
	}
	for _, path := range paths {
		h, tensors, err := ReadCheckpoint(path)
		if step, _ := CheckpointStep(path); err == nil && step != h.Step {
			return Header{}, nil, fmt.Errorf("%s holds the state after step %d, so it is a copy under a name that is not its own: move it out of the folder, or give it the name %s", path, h.Step, CheckpointName(h.Step))
		}
		if err == nil {
			return h, tensors, nil
		}
		if !errors.Is(err, ErrDamaged) {
			return Header{}, nil, err
		}
		passed(err)
	}
	if len(paths) > 0 {
		return Header{}, nil, fmt.Errorf("%s has %w: start a new run", run, errNoWholeCheckpoint)
	}
	return Header{}, nil, fmt.Errorf("%s has %w to go on from: name another run's folder, or start a new run", run, ErrNoCheckpoint)
}

// ErrNoCheckpoint is in the chain of an error about a run that has never saved.
var ErrNoCheckpoint = errors.New("no checkpoint")

// Settings are those that the checkpoint was written with.
func (h Header) Settings() (settings.Settings, error) {
	return settings.Parse([]byte(h.Config))
}
