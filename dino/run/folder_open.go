package run

import (
	"bytes"
	"encoding/json"
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
	return &Folder{path: path, lock: lock}, nil
}

// GoOn makes the folder as it was after a step: what a killed process left
// half written goes, lines of metrics.jsonl behind the step are dropped, later
// checkpoints (damaged ones, as the newest whole one is taken) are renamed to
// *.damaged, and config.yaml takes the settings.
func (r *Folder) GoOn(s settings.Settings, step int) error {
	r.again = step + 1
	for _, work := range []func() error{
		r.removeLeftovers,
		func() error { return r.setAsideAfter(step) },
		func() error { return r.dropMetricsAfter(step) },
		func() error { return r.start(s) },
	} {
		if err := work(); err != nil {
			return fmt.Errorf("run folder %s: %w", r.path, disk.PlainError(err))
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
	paths, err := weights.Checkpoints(r.path)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if filepath.Base(path) > weights.CheckpointName(step) {
			if err := os.Rename(path, path+".damaged"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Folder) dropMetricsAfter(step int) error {
	data, err := os.ReadFile(r.Join(metricsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	r.last, r.lastStep = map[string]bool{}, step
	var kept bytes.Buffer
	for line := range bytes.Lines(data) {
		var fields map[string]any
		if json.Unmarshal(line, &fields) != nil {
			continue // half a line
		}
		at, ok := fields["step"].(float64)
		if !ok || at > float64(step) {
			continue
		}
		if at == float64(step) {
			for key := range fields {
				r.last[key] = true
			}
		}
		kept.Write(bytes.TrimRight(line, "\r\n"))
		kept.WriteByte('\n')
	}
	if bytes.Equal(kept.Bytes(), data) {
		return nil
	}
	return disk.WriteBytes(r.Join(metricsFile), kept.Bytes())
}
