package report

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// Files of a run's folder that a report reads beside config.yaml and images.
const (
	metricsFile = "metrics.jsonl"
	logFile     = "train.log"
	resultsFile = "results.jsonl"
)

// A Run is what a run's folder tells, as far as it was read. It belongs to one goroutine.
type Run struct {
	Name   string // for people: the folder's
	Folder string

	settings *settings.Settings // nil: they cannot be read, and problems says why
	config   fs.FileInfo        // of the config.yaml that they are from
	problem  string             // with config.yaml
	trouble  []string           // with other files, as of the last look

	metrics  *metrics
	log      *log
	results  *measured
	images   images
	followed [3]follower
}

// Open reads the run that a user means by path: its folder, or a file like runs/latest that names it. What is missing or
// damaged there is said on the page; only where there is no run at all is there an error.
func Open(ctx context.Context, path string) (*Run, error) {
	folder, err := run.Find(path)
	if err != nil {
		return nil, err
	}
	r := &Run{Folder: folder, Name: nameOf(folder)}
	for i, name := range []string{logFile, metricsFile, resultsFile} {
		r.followed[i].path = filepath.Join(folder, name)
	}
	r.log, r.results, r.images.folder = &log{}, &measured{}, folder
	r.metrics = newMetrics(nil, 0)
	if _, err = r.Refresh(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// nameOf is the last part of a folder's path, also of ".".
func nameOf(folder string) string {
	if full, err := filepath.Abs(folder); err == nil {
		folder = full
	}
	return filepath.Base(folder)
}

// Refresh reads what has come since the last look, and tells whether that is anything. Only ctx's end is an error.
func (r *Run) Refresh(ctx context.Context) (changed bool, err error) {
	before := fmt.Sprint(r.problem, r.trouble)
	r.trouble = nil
	changed = r.readSettings()
	for i, file := range []struct {
		again    func()
		take     func([]byte)
		complete func([]byte) bool
	}{
		{func() { r.log = &log{} }, func(line []byte) { r.log.take(line) }, func([]byte) bool { return false }},
		{r.newMetrics, func(line []byte) { r.metrics.take(line) }, whole},
		{func() { r.results = &measured{} }, func(line []byte) { r.results.take(line) }, whole},
	} {
		got, err := r.followed[i].next(ctx, file.again, file.take, file.complete)
		changed = changed || got
		if ctx.Err() != nil {
			return changed, ctx.Err()
		}
		if err != nil {
			r.trouble = append(r.trouble, err.Error())
		}
		if m := r.metrics; m.perEpoch == 0 {
			m.perEpoch = r.log.perEpoch
		}
	}
	if r.images.refresh() {
		changed = true
	}
	if n := r.metrics.passed; n > 0 {
		r.trouble = append(r.trouble, fmt.Sprintf("%s of %s are no metrics and were passed over", settings.Count(n, "line"), metricsFile))
	}
	if n := r.results.passed; n > 0 {
		r.trouble = append(r.trouble, fmt.Sprintf("%s: passed over %s that no evaluation wrote", resultsFile, settings.Count(n, "line")))
	}
	return changed || before != fmt.Sprint(r.problem, r.trouble), nil
}

func (r *Run) newMetrics() {
	var c *settings.Config
	if r.settings != nil {
		c = &r.settings.Config
	}
	r.metrics = newMetrics(c, r.log.perEpoch)
}

// readSettings reads config.yaml where it is another than before. Other settings judge the metrics otherwise, so those
// are read anew.
func (r *Run) readSettings() (changed bool) {
	info, err := os.Stat(filepath.Join(r.Folder, settings.FileName))
	if errors.Is(err, fs.ErrNotExist) && r.config != nil {
		return false // renamed or removed meanwhile: what was read stands
	}
	if err == nil && r.config != nil && os.SameFile(info, r.config) && info.ModTime().Equal(r.config.ModTime()) && info.Size() == r.config.Size() {
		return false
	}
	r.config, r.settings, r.problem = info, nil, ""
	stored, err := run.Open(r.Folder)
	if err != nil {
		r.problem = err.Error()
	} else {
		r.settings = &stored.Settings
	}
	r.newMetrics()
	r.followed[1] = follower{path: r.followed[1].path}
	return true
}

// total is how many steps the run has; 0: not known.
func (r *Run) total() int {
	if r.settings == nil {
		return 0
	}
	return r.metrics.perEpoch * r.settings.Config.Epochs
}

// NameApart gives runs of one name their folders' paths for names.
func NameApart(runs []*Run) {
	count := map[string]int{}
	for _, r := range runs {
		count[nameOf(r.Folder)]++
	}
	for _, r := range runs {
		if r.Name = nameOf(r.Folder); count[r.Name] > 1 {
			r.Name = r.Folder
		}
	}
}
