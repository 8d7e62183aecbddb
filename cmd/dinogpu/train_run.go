package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
)

// train carries out the run that was asked for.
func (t *trainCmd) train(a *app, initial *weights.Model) error {
	follow := &follower{console: a.console, link: a.link}
	o := run.Options{
		Settings: t.Settings, Folder: t.RunDir, Images: t.images, Initial: initial, Notices: follow,
		Program: versionText(), Words: asFlags, Now: a.now, Process: a.link.watching(),
	}
	c := t.Settings
	a.link.tell(message{
		Is: planned, MaxSteps: c.Run.MaxSteps, MaxTime: c.Run.MaxTime,
		Setup: memorySetup{Apart: c.Run.Crops == settings.CropsApart, Batch: c.Config.BatchSize, Accumulate: c.Config.Accumulate},
	})
	if t.stored == nil {
		if err := run.CheckNew(t.RunDir); err != nil {
			return runWords(err, t.RunDir)
		}
	}
	evaluation, err := newRunEvaluation(t.Settings, a)
	if err != nil {
		return err
	}
	o.Evaluate, o.EvaluateEvery, o.AtStop = evaluation.evaluate, evaluation.every(), evaluation.atStop
	if t.stored == nil && t.Settings.Config.Data == settings.DataDemo && t.Settings.Config.Method == settings.MethodDINO {
		a.console.Print("The demo's loss goes up and down, most of all when the last layer thaws: watch k-NN, which tells what is learned.")
	}
	device, err := openDevice(t.Settings.Run.Adapter, a.console)
	if err != nil {
		return err
	}
	defer device.Close()
	o.Device, o.Earlier = device, a.console.earlier
	var r *run.Run
	o.Stepping = func(on bool) { a.link.tell(message{Is: stepping, On: on, Folder: r.Folder().Path()}) }
	if faults.begin != nil {
		err = faults.begin(t.Settings)
	}
	switch {
	case err != nil:
	case t.stored != nil:
		r, err = t.stored.Resume(a.ctx, o)
	default:
		r, err = run.New(a.ctx, o)
	}
	if err != nil {
		return runWords(err, t.Resume)
	}
	a.link.tell(message{Is: begun, Folder: r.Folder().Path(), Step: r.Step(), Apart: r.Apart()})
	follow.begin(r)
	a.console.attach(r.Log)
	err = r.Train(a.ctx)
	leaveReport(a, r.Folder().Path())
	if err == nil {
		err = tellWhere(a, r, evaluation.pictures.drawn)
	}
	a.console.attach(nil)
	closed := r.Close()
	if closed != nil && errors.Is(err, run.ErrStopped) {
		return fmt.Errorf("%v, but the last lines of its files are not: %w", err, closed)
	}
	return errors.Join(runWords(err, r.Folder().Path()), closed)
}

// runWords puts the commands into the error of a run, in whose folder there may be something to go on with.
func runWords(err error, folder string) error {
	var (
		exists  *run.ExistsError
		changed *settings.ChangedError
		stopped *run.Stopped
		broken  *run.Broken
		others  *run.OtherImagesError
	)
	switch {
	case errors.As(err, &exists):
		return fmt.Errorf("%s already holds files, and a run never writes over another: go on with it by\n  %s\nor start anew with\n  %s train --run-dir %s",
			exists.Path, resumeCommand(exists.Path), programName(), argument(exists.Free))
	case errors.As(err, &others):
		return fmt.Errorf("%w, as by\n  %s", err, anewCommand(others))
	case errors.As(err, &changed):
		return usageError{err}
	case errors.Is(err, run.ErrNotBegun) && folder == "":
		return fmt.Errorf("%w: no run was begun", err)
	case errors.As(err, &stopped) && stopped.Unmeasured:
		return fmt.Errorf("%w; to run it: %s", err, resumeCommand(folder))
	case errors.As(err, &stopped):
		return fmt.Errorf("%w; it goes on with: %s", err, resumeCommand(folder))
	case errors.As(err, &broken):
		return fmt.Errorf("%w; it goes on with: %s", err, resumeCommand(folder))
	}
	return err
}

// resumeCommand is the command that goes on with a run.
func resumeCommand(folder string) string {
	return programName() + " train --resume " + argument(folder)
}

// anewCommand is the command that begins a new run on other images with a run's settings and weights.
func anewCommand(e *run.OtherImagesError) string {
	command := fmt.Sprintf("%s train --config %s", programName(), argument(filepath.Join(e.Folder, settings.FileName)))
	for _, path := range e.Data.List() {
		command += " --data " + argument(path)
	}
	return command + " --init-from " + argument(e.Folder)
}

// tellWhere names what the run left, and what may come next.
func tellWhere(a *app, r *run.Run, images []string) error {
	files := "report.html (open it in a browser), teacher.safetensors (the released names), "
	for _, name := range images {
		files += name + ", "
	}
	next := fmt.Sprintf("  %s eval knn --weights %s --data LABELED   how well it tells classes apart; LABELED holds train/ and val/",
		programName(), argument(r.Folder().Path()))
	if r.Settings().Config.Data == settings.DataDemo {
		next = fmt.Sprintf(`  %[1]s train --data YOUR_IMAGES --preset auto   settings by their number
  %[1]s bench --preset demo                      what this device can do, and where a step's time goes`, programName())
	}
	_, err := fmt.Fprintf(a.stdout, "\nResults are in %s: %smetrics.jsonl, train.log, checkpoints.\n\nTry next:\n%s\n", r.Folder().Path(), files, next)
	if readerGone(err) {
		return nil // the run is there
	}
	return err
}

// openImages opens what --data names, once for whoever asks.
func (f *settingsFlags) openImages(s settings.Settings) (augment.Source, error) {
	var err error
	if f.images == nil {
		f.images, err = run.OpenImages(s.Config)
	}
	return f.images, err
}
