package dino

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// RunsFolder is where runs go that are given no folder of their own.
const RunsFolder = "runs"

// RunDir is a run's folder and the files that grow in it: metrics.jsonl, a
// flat object a line, TensorBoard's events of the same numbers, and train.log. Its methods may be called from several
// goroutines.
type RunDir struct {
	path  string
	again int // the first step of a run that goes on; 0 for a new run

	mu      sync.Mutex
	log     *os.File
	metrics *os.File
	events  *eventsFile
}

// CreateRunDir makes the folder of a new run and writes the settings to its
// config.yaml. Without a path the folder is runs/<preset>-<UTC time>, and
// runs/latest names it; one that is there already is never written over.
func CreateRunDir(path string, settings Settings, now time.Time) (*RunDir, error) {
	var err error
	named := path != ""
	if named {
		err = makeNamed(path)
	} else {
		path, err = makeDated(settings.Preset, now)
	}
	if err != nil {
		return nil, err
	}
	r := &RunDir{path: path}
	if err := r.start(settings); err != nil {
		r.Close()
		return nil, fmt.Errorf("run folder %s: %w", path, plainPathError(err))
	}
	if !named {
		latest := filepath.Join(RunsFolder, "latest")
		if err := writeFileAtomic(latest, []byte(filepath.Base(path)+"\n")); err != nil {
			r.Close()
			return nil, fmt.Errorf("%s: %w", latest, plainPathError(err))
		}
	}
	return r, nil
}

func makeNamed(path string) error {
	entries, err := os.ReadDir(path)
	switch {
	case err == nil && len(entries) > 0:
		return fmt.Errorf("%s already holds files, and a run never writes over another: go on with it by\n  dinogpu train --resume %s\nor start anew with\n  dinogpu train --run-dir %s", path, path, unusedSibling(path))
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("run folder %s cannot be used (%w): choose another with --run-dir", path, plainPathError(err))
	}
	if err := os.MkdirAll(path, 0o777); err != nil {
		return cannotMake(path, err)
	}
	return nil
}

// Mkdir fails on a folder that is there, so two runs started in the same
// second, by whatever process, get two folders.
func makeDated(preset string, now time.Time) (string, error) {
	if preset == "" {
		preset = "train"
	}
	if err := os.MkdirAll(RunsFolder, 0o777); err != nil {
		return "", cannotMake(RunsFolder, err)
	}
	base := filepath.Join(RunsFolder, preset+"-"+now.UTC().Format("20060102-150405"))
	path := base
	for n := 2; ; n++ {
		err := os.Mkdir(path, 0o777)
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
	return fmt.Errorf("run folder %s cannot be made (%w): choose a place you may write to with --run-dir", path, plainPathError(err))
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

func (r *RunDir) start(settings Settings) error {
	header := "# Every setting of this run. dinogpu train --config takes this file.\n\n"
	if err := writeFileAtomic(r.Join("config.yaml"), append([]byte(header), settings.YAML()...)); err != nil {
		return err
	}
	var err error
	if r.log, err = openAppend(r.Join("train.log")); err != nil {
		return err
	}
	r.metrics, err = openAppend(r.Join("metrics.jsonl"))
	return err
}

// Path is the run's folder.
func (r *RunDir) Path() string { return r.path }

// Join is the path of a file in the run's folder.
func (r *RunDir) Join(names ...string) string {
	return filepath.Join(append([]string{r.path}, names...)...)
}

// Log adds a line to train.log behind the time, in UTC.
func (r *RunDir) Log(now time.Time, line string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := fmt.Fprintf(r.log, "%s %s\n", now.UTC().Format("2006-01-02T15:04:05.000Z"), line)
	return plainPathError(err)
}

// Metric adds a line to metrics.jsonl: the fields of v, a struct such as
// StepMetrics, as one flat object. Its numbers go to TensorBoard's events too.
func (r *RunDir) Metric(v any) error {
	line, err := flatJSON(v)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	// One write a line, so that a reader never sees half of one.
	_, err = r.metrics.Write(append(line, '\n'))
	return errors.Join(plainPathError(err), plainPathError(r.scalars(time.Now(), v)))
}

// Close closes the run's files; it may be called twice.
func (r *RunDir) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, f := range []**os.File{&r.log, &r.metrics} {
		if *f != nil {
			errs = append(errs, (*f).Close())
			*f = nil
		}
	}
	if r.events != nil {
		errs = append(errs, r.events.Close())
		r.events = nil
	}
	return errors.Join(errs...)
}

// LatestRun is the folder of the newest run under runs/.
func LatestRun() (string, error) {
	name, err := os.ReadFile(filepath.Join(RunsFolder, "latest"))
	if err != nil {
		return "", fmt.Errorf("no run has been started here (%w)", plainPathError(err))
	}
	return filepath.Join(RunsFolder, filepath.Base(firstLine(string(name)))), nil
}

func openAppend(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
}

// The file is there whole or not at all.
func writeFileAtomic(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644) // CreateTemp keeps others out
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// plainPathError drops the system call's name: "open x: permission denied"
// says to a user no more than "x: permission denied".
func plainPathError(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}
