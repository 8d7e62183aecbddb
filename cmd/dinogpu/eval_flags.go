package main

import (
	"fmt"
	"path/filepath"
)

// evalFlags are what every evaluation takes.
type evalFlags struct {
	weightsFlags
	Student   bool   `help:"Measure the student too, where the weights hold one."`
	Untrained bool   `help:"Measure fresh weights of the same size too, drawn by --seed."`
	Seed      uint64 `default:"0" help:"What is drawn at random follows from it."`
	Results   string `placeholder:"DIR" help:"Add to the results.jsonl there. Default: of the run that the weights are of."`
	CSV       string `name:"csv" placeholder:"FILE" help:"Write each image's or object's values there."`
	adapterFlags
	JSON bool `name:"json" help:"As JSON."`
}

// check finds folders that are missing before anything is measured for them.
func (f *evalFlags) check() error {
	if f.Results != "" && !isDir(f.Results) {
		return usageError{fmt.Errorf("--results %s is no folder: make it, or name a run's", f.Results)}
	}
	if f.CSV != "" && !isDir(filepath.Dir(f.CSV)) {
		return usageError{fmt.Errorf("--csv %s: there is no folder %s", f.CSV, filepath.Dir(f.CSV))}
	}
	return nil
}
