package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval/results"
)

type evalTableCmd struct {
	Runs []string `arg:"" optional:"" name:"run" help:"Runs' folders, others with a results.jsonl, or such files. Default: the newest run here."`
	JSON bool     `name:"json" help:"As JSON, with all values."`
}

// Help is what --help says before the flags.
func (evalTableCmd) Help() string {
	return "What evaluations measured, the newest of each network, side by side with the paper's numbers. The commands of eval leave it in results.jsonl of a run's folder, or of --results. Numbers stand in one table where data and settings are the same; the paper's are of its own data, and compare with yours only where that is the same."
}

// An evalTable is what eval table prints.
type evalTable struct {
	Runs   []tableRun      `json:"runs"`
	Groups []results.Group `json:"groups"`
}

type tableRun struct {
	results.Run
	Path    string `json:"path"`
	Results int    `json:"results"`
}

// Run reads, lines up and prints.
func (c *evalTableCmd) Run(a *app) error {
	if len(c.Runs) == 0 {
		c.Runs = []string{filepath.Join(run.RunsFolder, "latest")}
	}
	t := evalTable{Groups: []results.Group{}}
	var runs []results.Run
	var empty []string
	for _, path := range c.Runs {
		r, err := readResults(path)
		if err != nil {
			return err
		}
		t.Runs = append(t.Runs, r)
	}
	nameRunsApart(t.Runs)
	for _, r := range t.Runs {
		if r.Damaged > 0 {
			a.console.Print("%s: passed over %s of %s that no evaluation wrote", r.Path, settings.Count(r.Damaged, "line"), results.FileName)
		}
		if r.Results == 0 {
			empty = append(empty, r.Path)
		}
		runs = append(runs, r.Run)
	}
	if len(empty) == len(t.Runs) {
		return fmt.Errorf("nothing was evaluated in %s: for example, %s eval knn --weights %s --data DIR does", strings.Join(empty, ", "), programName(), argument(empty[0]))
	}
	for _, path := range empty {
		a.console.Print("%s has no results: nothing was evaluated there", path)
	}
	t.Groups = append(t.Groups, results.LineUp(runs)...)
	if c.JSON {
		return writeJSON(a.stdout, t)
	}
	return t.print(a.stdout)
}

// readResults reads those of a folder, a file of results, or a file like runs/latest that names a run.
func readResults(path string) (r tableRun, err error) {
	r.Path = path
	switch {
	case isDir(path):
		r.Records, r.Damaged, err = results.Read(path)
	case filepath.Ext(path) == filepath.Ext(results.FileName):
		r.Records, r.Damaged, err = results.ReadFile(path)
	default:
		if r.Path, err = run.Find(path); err == nil {
			r.Records, r.Damaged, err = results.Read(r.Path)
		}
	}
	r.Results = len(r.Records)
	return r, err
}

// nameRunsApart names runs by their folders, and by their paths where those are the same.
func nameRunsApart(runs []tableRun) {
	count := map[string]int{}
	for i := range runs {
		path := runs[i].Path
		if filepath.Base(path) == results.FileName {
			path = filepath.Dir(path)
		}
		if full, err := filepath.Abs(path); err == nil {
			path = full
		}
		runs[i].Name = filepath.Base(path)
		count[runs[i].Name]++
	}
	for i := range runs {
		if count[runs[i].Name] > 1 {
			runs[i].Name = runs[i].Path
		}
	}
}
