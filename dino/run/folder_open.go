package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
)

// Find gives the folder that a user means by path: the folder itself, or,
// where path is a file like runs/latest, the one beside it that it names.
func Find(path string) (string, error) {
	const say = "name a run's folder, or runs/latest for the newest run here"
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no run at %s: %s", path, say)
	}
	if err != nil {
		return "", fmt.Errorf("run %s cannot be read (%w): %s", path, disk.Cause(err), say)
	}
	if info.Mode().IsRegular() && info.Size() < 1<<10 {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", disk.CannotRead(path, err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		name := filepath.Base(strings.TrimSpace(line))
		named := filepath.Join(filepath.Dir(path), name)
		if info, err = os.Stat(named); err == nil && info.IsDir() && !strings.HasPrefix(name, ".") {
			path = named
		} else {
			info = nil
		}
	}
	if info == nil || !info.IsDir() {
		return "", fmt.Errorf("%s is not a run's folder: %s", path, say)
	}
	if _, err := os.Stat(filepath.Join(path, settings.FileName)); err != nil {
		return "", fmt.Errorf("%s is not a run's folder, as it holds no config.yaml: %s", path, say)
	}
	return path, nil
}

// OpenFolder takes a run's folder for this process, to go on with it. It
// changes nothing there yet: GoOn does.
func OpenFolder(path string) (*Folder, error) {
	lock, err := lockRun(path)
	if err != nil {
		return nil, err
	}
	return &Folder{path: path, home: path, lock: lock}, nil
}

// GoOn makes the folder as it was after a step: config.yaml takes the
// settings, what a killed process left half written goes, checkpoints of later
// steps, all of them damaged as the newest whole one is taken, are renamed to
// *.damaged, and last of all lines of metrics.jsonl behind the step are dropped.
func (r *Folder) GoOn(s settings.Settings, step int) error {
	r.again = step + 1
	for _, work := range []func() error{
		func() error { return r.writeSettings(s) },
		r.openLog,
		r.removeLeftovers,
		func() error { return r.setAsideAfter(step) },
		func() error { return r.dropMetricsAfter(step) },
		r.openMetrics,
	} {
		if err := work(); err != nil {
			return fmt.Errorf("run folder %s: %w", r.Path(), disk.PlainError(err))
		}
	}
	return nil
}

// Reported tells whether the run went on from that step and its metrics held
// the key already, so that an evaluation is not reported twice.
func (r *Folder) Reported(step int, key string) bool { return step == r.lastStep && r.last[key] }

// removeLeftovers removes temporary files: the folder is ours, so no other
// process is writing them.
func (r *Folder) removeLeftovers() error {
	for _, folder := range []string{"", weights.CheckpointsFolder, "attention"} {
		if err := disk.RemoveUnfinished(r.Join(folder)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Folder) setAsideAfter(step int) error {
	paths, err := weights.Checkpoints(r.Path())
	if err != nil {
		return err
	}
	for _, path := range paths {
		if at, _ := weights.CheckpointStep(path); at <= step {
			break
		}
		aside := free(path + ".damaged")
		if err := os.Rename(path, aside); err != nil {
			return err
		}
		r.notes = append(r.notes, fmt.Sprintf("the damaged checkpoint %s is set aside as %s", path, filepath.Base(aside)))
	}
	return nil
}
