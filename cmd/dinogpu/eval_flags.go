package main

import (
	"fmt"
	"path/filepath"
)

// evalFlags are what every evaluation takes.
type evalFlags struct {
	weightsFlags
	Student   bool   `help:"Measure the student too, where the weights hold one."`
	Untrained bool   `help:"Measure a network of the same size with fresh weights too, drawn by --seed: what can be had without training."`
	Seed      uint64 `default:"0" help:"What is drawn at random follows from it."`
	Results   string `placeholder:"DIR" help:"The folder whose results.jsonl gets the result. Default: the run's folder, where the weights are of one."`
	CSV       string `name:"csv" placeholder:"FILE" help:"Write the values of each query, image or object to FILE."`
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
