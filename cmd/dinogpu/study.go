package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/study"
)

type studyCmd struct {
	Name string `arg:"" name:"study" help:"teacher, collapse, components, centering, batch-size, patch-size, crops or heads."`

	settingsFlags

	Out    string   `group:"run" placeholder:"DIR" help:"The study's folder, to begin or to go on with. Default: studies/<study>."`
	Seeds  int      `group:"plan" default:"3" help:"Runs of each row, which differ in their seed."`
	Rows   []string `group:"plan" placeholder:"ROW,..." help:"These rows alone."`
	DryRun bool     `group:"plan" help:"Say which runs these are and how long they take: a step is measured, nothing is trained."`

	study study.Study
	given map[string]string // of train's flags, by setting
}

// Help is what --help says before the flags.
func (studyCmd) Help() string {
	var b strings.Builder
	b.WriteString("Runs one of the paper's comparisons at a size of your choice: the same images and the same settings, but for one thing. Takes train's flags. Each run is a folder like any other; the same command goes on where a study was stopped, and trains no finished run again.\n\nStudies:\n\n")
	for _, s := range study.All() {
		fmt.Fprintf(&b, "    %-10s  %s (%s)\n", s.Name, s.Question, s.Source)
	}
	return b.String()
}

// studyFlags are no settings of its runs.
var studyFlags = []string{"out", "seeds", "rows", "dry_run", "config", "preset", "seed", "help", "help_all"}

// AfterApply merges the settings that all rows share: the demo's for the demo's images, and auto for others.
func (c *studyCmd) AfterApply(ctx *kong.Context, a *app) error {
	c.given = map[string]string{}
	for _, path := range ctx.Path {
		if path.Flag == nil {
			continue
		}
		if key := strings.ReplaceAll(path.Flag.Name, "-", "_"); !slices.Contains(studyFlags, key) {
			c.given[key] = settings.Text(ctx.FlagValue(path.Flag))
		}
	}
	otherwise := "demo"
	if data, ok := c.given["data"]; ok && data != settings.DataDemo {
		otherwise = settings.PresetAuto
	}
	return c.merge(ctx, settings.Sources{Env: a.env, Otherwise: otherwise}, c.DryRun)
}

// Run trains what is not trained yet, then sets the runs side by side.
func (c *studyCmd) Run(a *app) error {
	var err error
	if c.study, err = study.Named(c.Name); err != nil {
		return usageError{err}
	}
	if c.study, err = c.study.Pick(c.Rows); err != nil {
		return usageError{err}
	}
	if c.Settings.Run.MaxSteps > 0 || c.Settings.Run.MaxTime > 0 {
		return usageError{errors.New("a study's runs go to their ends, where they are measured: shorten them by --epochs or --limit, not by --max-steps or --max-time")}
	}
	if c.Seeds < 1 {
		return usageError{fmt.Errorf("--seeds %d: one is the least", c.Seeds)}
	}
	if c.Settings.Config.Data == "" {
		return usageError{errors.New("there is nothing to train on: name a folder, a list or an idx file with --data PATH, or try --preset demo")}
	}
	if c.Out == "" {
		c.Out = filepath.Join("studies", c.study.Name)
	}
	runs, err := c.runs()
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.plan(a, runs)
	}
	done, err := c.openFolder(runs)
	if err != nil {
		return err
	}
	for i, r := range runs {
		if done.has(r) {
			continue
		}
		a.console.Print("study %s, run %d of %d: %s, seed %d", c.study.Name, i+1, len(runs), r.row.Title, r.seed)
		if err := c.train(a, r); err != nil {
			return fmt.Errorf("%w; the same command goes on with the study in %s", err, c.Out)
		}
		result, err := readResult(r)
		if err != nil {
			return err
		}
		if err := done.add(result); err != nil {
			return err
		}
	}
	return c.tell(a, done)
}

// A studyRun is one row with one seed.
type studyRun struct {
	row      study.Row
	seed     uint64
	folder   string
	settings settings.Settings
	args     []string // of train
}

// runs are all runs, row by row for each seed: a stopped study has whole comparisons.
func (c *studyCmd) runs() ([]studyRun, error) {
	var runs []studyRun
	for i := range c.Seeds {
		seed := c.Settings.Config.Seed + uint64(i)
		for _, row := range c.study.Rows {
			s, err := row.Apply(c.Settings)
			if err != nil {
				return nil, fmt.Errorf("row %s: %w; --rows leaves it out", row.Name, err)
			}
			s.Config.Seed = seed
			r := studyRun{row: row, seed: seed, folder: filepath.Join(c.Out, fmt.Sprintf("%s-seed%d", row.Name, seed)), settings: s}
			if r.args, err = c.argsOf(r); err != nil {
				return nil, err
			}
			runs = append(runs, r)
		}
	}
	return runs, nil
}

// argsOf are the words that train such a run.
func (c *studyCmd) argsOf(r studyRun) ([]string, error) {
	args := []string{"train"}
	if c.Settings.Preset != "" {
		args = append(args, "--preset="+c.Settings.Preset)
	}
	if c.Config != "" {
		args = append(args, "--config="+c.Config)
	}
	changes, err := r.row.Changes(c.Settings.Config)
	if err != nil {
		return nil, err
	}
	own := map[string]string{"images": "false"} // pictures of one run say little here
	if c.Settings.Run.KNNEvery > 0 {
		own["knn_every"] = "1" // runs are compared by it, at their end and on the way
	}
	maps.Copy(own, c.given)
	for _, change := range changes {
		own[change.Key] = change.Text
	}
	own["seed"] = fmt.Sprint(r.seed)
	for _, key := range slices.Sorted(maps.Keys(own)) {
		flag := "--" + strings.ReplaceAll(key, "_", "-") + "="
		if key == "data" {
			for _, path := range settings.Paths(own[key]).List() {
				args = append(args, flag+path)
			}
			continue
		}
		args = append(args, flag+own[key])
	}
	return args, nil
}

// train trains one run, or goes on with it.
func (c *studyCmd) train(a *app, r studyRun) error {
	args := append(slices.Clone(r.args), "--run-dir="+r.folder)
	if _, err := os.Stat(r.folder); err == nil {
		args = []string{"train", "--resume=" + r.folder}
		if text, ok := c.given["adapter"]; ok {
			args = append(args, "--adapter="+text)
		}
	}
	own := *a
	own.args = args
	switch code := execute(&own, args); {
	case a.ctx.Err() != nil || code == exitStopped:
		return fmt.Errorf("%w in %s", errInterrupted, r.folder)
	case code != exitDone:
		return fmt.Errorf("the run %s ended with status %d; what went wrong stands above and in its train.log", r.folder, code)
	}
	return nil
}
