package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/dinogpu/dinogpu/dino"
)

// trainOptions are what a run needs beside its settings.
type trainOptions struct {
	RunDir  string // --run-dir; empty: runs/<preset>-<UTC time>
	Resume  string // --resume; empty: a new run
	DryRun  bool
	JSON    bool
	Console *console
	Stdout  io.Writer
	Now     func() time.Time
}

// createRun makes the run's folder, and from there on what the console says
// is in its train.log too. The caller closes it with closeRun.
func (o trainOptions) createRun(s dino.Settings) (*dino.RunDir, error) {
	run, err := dino.CreateRunDir(o.RunDir, s, o.Now())
	if err != nil {
		return nil, err
	}
	o.Console.Attach(run)
	o.Console.Log(versionText())
	o.Console.Log(rateNotice(s.Config))
	o.Console.Print("run folder %s", run.Path())
	return run, nil
}

// closeRun ends a run's files. A log that could not be written is reported
// here, once.
func (o trainOptions) closeRun(run *dino.RunDir) error {
	o.Console.Attach(nil)
	return errors.Join(o.Console.LogError(), run.Close())
}

// runTrain carries out a run whose settings are valid. Stopped by ctx, it
// saves and returns errStopped.
func runTrain(_ context.Context, _ dino.Settings, _ trainOptions) error {
	return errors.New("this build has no trainer yet: the settings are fine, and nothing was started")
}
