package run

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// RunsFolder is where runs go that are given no folder of their own.
const RunsFolder = "runs"

// Files of a run's folder, beside those that packages settings and weights name.
const (
	metricsFile = "metrics.jsonl"
	logFile     = "train.log"
)

// Folder is a run's folder and the files that grow in it: metrics.jsonl, a
// flat object a line, TensorBoard's events of the same numbers, and train.log.
// It is this process's alone until Close. Its methods may be called from
// several goroutines.
type Folder struct {
	again int      // the first step of a run that goes on; 0 for a new run
	notes []string // what is to be said of how the folder was made or opened

	last     map[string]bool // keys of the metrics of the step that the run went on from
	lastStep int

	mu       sync.Mutex
	path     string
	home     string // the path that the run was given
	lock     *flock.Flock
	process  int // that the lock names, where it is not this one; else 0
	settings settings.Settings
	program  string // that writes config.yaml, for its first line
	log      *disk.Growing
	metrics  *disk.Growing
	events   *eventsFile
	bad      map[string]bool // names in the file of bad images; nil: not looked at yet
}

// configText is config.yaml. The program's name and version are for those whose own version lacks a setting.
func (r *Folder) configText() []byte {
	by := ""
	if line, _, _ := strings.Cut(r.program, "\n"); line != "" {
		by = ", written by " + disk.Printable(line)
	}
	return append([]byte("# Every setting of this run"+by+". A new run can be given this file.\n\n"), r.settings.YAML()...)
}

// writeSettings writes config.yaml, unless it says the same already: another program may hold it open.
func (r *Folder) writeSettings(s settings.Settings) error {
	r.settings = s
	if there, err := os.ReadFile(r.Join(settings.FileName)); err == nil && bytes.Equal(withoutHeader(there), s.YAML()) {
		return nil
	}
	return disk.WriteBytes(r.Join(settings.FileName), r.configText())
}

// withoutHeader is config.yaml without the comment that begins it, which was another in earlier versions.
func withoutHeader(config []byte) []byte {
	_, text, _ := bytes.Cut(config, []byte("\n\n"))
	return text
}

func (r *Folder) openLog() (err error) {
	r.log, err = disk.OpenLines(r.Join(logFile))
	return err
}

func (r *Folder) openMetrics() (err error) {
	r.metrics, err = disk.OpenLines(r.Join(metricsFile))
	return err
}

// Path is the run's folder: where it is now, if it was renamed meanwhile and that was seen.
func (r *Folder) Path() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.path
}

// Join is the path of a file in the run's folder.
func (r *Folder) Join(names ...string) string {
	return filepath.Join(append([]string{r.Path()}, names...)...)
}

// Log adds a line to train.log behind the time, in UTC. A line that cannot be
// written waits, and is written before the next one or by Close.
func (r *Folder) Log(now time.Time, line string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return disk.PlainError(r.log.Add(fmt.Appendf(nil, "%s %s\n", now.UTC().Format("2006-01-02T15:04:05.000Z"), disk.Printable(line))))
}

// Metric adds a line to metrics.jsonl: the fields of v, a struct such as
// StepMetrics, as one flat object. Its numbers go to TensorBoard's events too.
// A line that cannot be written waits as in Log.
func (r *Folder) Metric(v any) error {
	line, err := flatJSON(v)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(disk.PlainError(r.metrics.Add(append(line, '\n'))), disk.PlainError(r.scalars(time.Now(), v)))
}

// Sync brings the metrics to the disk. What a checkpoint stands for must be in
// them before it has its name.
func (r *Folder) Sync() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return disk.PlainError(r.metrics.Sync())
}

// Close closes the run's files and lets go of its folder; it may be called
// twice. Lines that still cannot be written are an error.
func (r *Folder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, f := range []**disk.Growing{&r.log, &r.metrics} {
		if *f != nil {
			errs = append(errs, disk.PlainError((*f).Close()))
			*f = nil
		}
	}
	if r.events != nil {
		errs = append(errs, r.events.Close())
		r.events = nil
	}
	if r.lock != nil {
		errs = append(errs, r.lock.Unlock())
	}
	return errors.Join(errs...)
}
