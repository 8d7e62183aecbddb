package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// CreateFolder makes the folder of a new run, takes it for this process and
// writes the settings to its config.yaml. Without a path the folder is
// runs/<preset>-<UTC time>, and runs/latest names it; one that holds files is
// never written over. After an error nothing is left.
func CreateFolder(path string, s settings.Settings, program string, now time.Time) (*Folder, error) {
	named, made := path != "", true
	var err error
	if named {
		made, err = makeNamed(path)
	} else {
		path, err = makeDated(s.Preset, now)
	}
	if err != nil {
		return nil, err
	}
	r := &Folder{program: program, path: path, home: path}
	if r.lock, err = lockRun(path); err != nil {
		if made {
			_ = os.Remove(path) // stays if it is another's
		}
		return nil, err
	}
	// Between the look and the lock another may have begun, and ended.
	if err = CheckNew(path); err != nil {
		_ = r.Close() // the first error is the one to tell
		return nil, err
	}
	if err = errors.Join(r.writeSettings(s), r.openLog(), r.openMetrics()); err != nil {
		r.takeBack(made)
		return nil, fmt.Errorf("run folder %s: %w", path, disk.PlainError(err))
	}
	if !named {
		if err := disk.WriteBytes(filepath.Join(RunsFolder, "latest"), []byte(filepath.Base(path)+"\n")); err != nil {
			r.notes = append(r.notes, fmt.Sprintf("%s still names an earlier run: %v", filepath.Join(RunsFolder, "latest"), err))
		}
	}
	return r, nil
}

// takeBack removes what a new run's folder was given, and the folder if it was
// made for the run.
func (r *Folder) takeBack(made bool) {
	_ = r.Close()
	for _, name := range []string{settings.FileName, logFile, metricsFile, lockName} {
		_ = os.Remove(r.Join(name))
	}
	if made {
		_ = os.Remove(r.path)
	}
}

// CheckNew tells, before anything is made, why a new run could not have
// that folder. The empty path, which stands for a dated one, is always free.
func CheckNew(path string) error {
	if path == "" {
		return nil
	}
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("run folder %s cannot be used (%w): choose another with `run_dir`", path, disk.PlainError(err))
	}
	for _, e := range entries {
		if e.Name() == lockName {
			continue // of a run that ended before it began
		}
		if Held(path) {
			return inUse(path)
		}
		return &ExistsError{Path: path, Free: unusedSibling(path)}
	}
	return nil
}

func makeNamed(path string) (made bool, err error) {
	if err := CheckNew(path); err != nil {
		return false, err
	}
	if _, err := os.Stat(path); err == nil {
		return false, nil
	}
	if err := disk.MakeFolder(path); err != nil {
		return false, cannotMake(path, err)
	}
	return true, nil
}

// Mkdir fails on a folder that is there, so two runs started in the same
// second, by whatever process, get two folders.
func makeDated(preset string, now time.Time) (string, error) {
	if preset == "" {
		preset = "train"
	}
	if err := disk.MakeFolder(RunsFolder); err != nil {
		return "", cannotMake(RunsFolder, err)
	}
	base := filepath.Join(RunsFolder, preset+"-"+now.UTC().Format("20060102-150405"))
	path := base
	for n := 2; ; n++ {
		err := disk.MakeNewFolder(path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", cannotMake(path, err)
		}
		path = fmt.Sprintf("%s-%d", base, n)
	}
}

func cannotMake(path string, err error) error {
	return fmt.Errorf("run folder %s cannot be made (%w): choose a place you may write to with `run_dir`", path, disk.PlainError(err))
}

// free is the path itself, or one beside it that is not there yet.
func free(path string) string {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return path
	}
	return unusedSibling(path)
}

func unusedSibling(path string) string {
	path = filepath.Clean(path)
	for n := 2; ; n++ {
		sibling := fmt.Sprintf("%s-%d", path, n)
		if _, err := os.Lstat(sibling); errors.Is(err, fs.ErrNotExist) {
			return sibling
		}
	}
}
