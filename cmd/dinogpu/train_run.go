package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"

	"github.com/dinogpu/dinogpu/dino/settings"

	"github.com/dinogpu/dinogpu/dino/run"
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

// openRun makes a new run's folder, or opens that of the run that goes on.
func (o trainOptions) openRun(s settings.Settings, from *resumed) (*run.Folder, error) {
	if from == nil {
		return o.createRun(s)
	}
	run := from.run
	if err := run.GoOn(s, from.header.Step); err != nil {
		return nil, err
	}
	o.Console.Attach(run)
	o.Console.Log(versionText())
	o.Console.Print("going on with %s after step %d", run.Path(), from.header.Step)
	return run, nil
}

// createRun makes the run's folder. What the console said before and says from
// there on is in its train.log too. The caller closes it with closeRun.
func (o trainOptions) createRun(s settings.Settings) (*run.Folder, error) {
	run, err := run.CreateFolder(o.RunDir, s, o.Now())
	if err != nil {
		return nil, err
	}
	o.Console.Attach(run)
	o.Console.Log(versionText())
	o.Console.Print("run folder %s", run.Path())
	return run, nil
}

// closeRun ends a run's files. Lines that could not be written until now are
// reported here, once.
func (o trainOptions) closeRun(run *run.Folder) error {
	o.Console.Attach(nil)
	return run.Close()
}

// runTrain carries out a run whose settings are valid. Stopped by ctx, it
// saves and returns errStopped.
func runTrain(ctx context.Context, s settings.Settings, o trainOptions) error {
	if o.DryRun {
		return dryRun(s, o)
	}
	var from *resumed
	if o.Resume != "" {
		var err error
		if from, err = openResume(&s, o); err != nil {
			return err
		}
		defer from.run.Close() // where closeRun has closed it, again
	} else if err := run.CheckNew(o.RunDir); err != nil {
		return err
	}
	pictures, err := openPictures(s.Config)
	if err != nil {
		return err
	}
	if err := from.samePictures(pictures, s.Config.Data); err != nil {
		return err
	}
	knn, err := openKNN(s, o.Console)
	if err != nil {
		return err
	}
	loader, err := augment.NewLoader(pictures, loaderConfig(s.Config, o.Console))
	if err != nil {
		return err
	}
	defer loader.Close()
	device, err := openDevice(s.Run.Adapter, o.Console)
	if err != nil {
		return err
	}
	defer device.Close()
	o.Console.Print("%s", rateNotice(s.Config))
	record := func(t gpu.Target) (*dino.Trainer, error) {
		return recordTraining(s, t, loader.StepsPerEpoch())
	}
	target, err := chooseTarget(ctx, device, s.Run, o.Console, from, record)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return stoppedEarly(from)
	}
	trainer, err := record(target)
	if err != nil {
		return err
	}
	defer trainer.Release()
	if err := fits(trainer, device); err != nil {
		return err
	}
	if err := enoughSpace(trainer, s, o.folder(), o.Console); err != nil {
		return err
	}
	// What can fail comes before the folder: a refused run leaves none.
	if err := trainer.Build(device); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return stoppedEarly(from)
	}
	run, err := o.openRun(s, from)
	if err != nil {
		return err
	}
	r := &training{
		settings: s, options: o, device: device, loader: loader, target: target, trainer: trainer, run: run, pictures: pictures, from: from, knn: knn,
		fingerprint: augment.Fingerprint(pictures), saved: -1,
	}
	err = r.carryOut(ctx)
	if err != nil {
		o.Console.Log(err.Error()) // main says it once the log is closed
	}
	closed := o.closeRun(run)
	if closed != nil && errors.Is(err, errStopped) {
		return fmt.Errorf("%v, but the last lines of its files are not: %w", err, closed)
	}
	return errors.Join(err, closed)
}

// stoppedEarly is what a run says that Ctrl-C ends before its folder is touched.
func stoppedEarly(from *resumed) error {
	if from == nil {
		return fmt.Errorf("%w before the first step: no run was begun", errInterrupted)
	}
	return fmt.Errorf("%w before the first step: %s is as it was", errInterrupted, from.run.Path())
}

// folder is where the run's files go or will go.
func (o trainOptions) folder() string {
	switch {
	case o.Resume != "":
		return o.Resume
	case o.RunDir != "":
		return o.RunDir
	}
	return run.RunsFolder
}

// chooseTarget is how the run is recorded: as its checkpoint was, or with matmuls measured on the device.
func chooseTarget(ctx context.Context, d *gpu.Device, o settings.Run, con *console, from *resumed, record func(gpu.Target) (*dino.Trainer, error)) (gpu.Target, error) {
	if from != nil && from.tensors != nil && o.Matmul == "auto" {
		target := d.Target()
		target.Matmul, target.Choices = from.matmul, from.choices
		return target, nil
	}
	return tuner{device: d, run: o, console: con, time: tuneTime}.target(ctx, record)
}

// fits tells before anything is allocated whether the run's memory is there.
func fits(t *dino.Trainer, d *gpu.Device) error {
	need, err := t.Memory()
	if err != nil {
		return err
	}
	if free := d.FreeMemory(); free > 0 && need > free {
		return fmt.Errorf("the run needs %.1f GiB for its tensors, and %.1f GiB are free: take a smaller --batch-size with --accumulate, --crops apart, or a smaller --out-dim",
			float64(need)/(1<<30), float64(free)/(1<<30))
	}
	return nil
}

// openPictures opens what --data names.
func openPictures(c settings.Config) (augment.Source, error) {
	if c.Data == settings.DataDemo {
		train, _, err := augment.Demo()
		if err != nil {
			return nil, err
		}
		return augment.Limit(train, c.Limit), nil
	}
	src, err := augment.Open(c.Data)
	if err != nil {
		return nil, err
	}
	return augment.Limit(src, c.Limit), nil
}

// loaderConfig is how the run's pictures are cut and mixed.
func loaderConfig(c settings.Config, console *console) augment.LoaderConfig {
	recipe := augment.Reference
	if c.Augmentation == "light" {
		recipe = augment.Light
	}
	workers := c.NumWorkers
	if workers == 0 {
		workers = runtime.NumCPU()
	}
	pair := func(r settings.Range) [2]float64 { return [2]float64{r.Lo, r.Hi} }
	return augment.LoaderConfig{
		Recipe:    recipe(c.GlobalCropsSize, pair(c.GlobalCropsScale), c.LocalCropsNumber, c.LocalCropsSize, pair(c.LocalCropsScale)),
		BatchSize: c.BatchSize, Accumulate: c.Accumulate, Seed: c.Seed, Workers: workers, Queue: 4,
		OnBad: func(name string, err error) { console.Print("%s is left out: %v", name, err) },
	}
}

// openDevice opens the adapter and says so when it is software.
func openDevice(name string, console *console) (*gpu.Device, error) {
	d, err := gpu.Open(name)
	if err != nil {
		return nil, err
	}
	kind := ""
	if d.Adapter.Software {
		kind = ": software, which works but is slow"
	}
	console.Print("adapter %s (%s)%s", d.Adapter.Name, d.Adapter.Backend, kind)
	return d, nil
}

// targetOf is how programs are recorded for d: its own way unless --matmul says another.
func targetOf(d *gpu.Device, matmul string) gpu.Target {
	t := d.Target()
	if matmul != "auto" {
		t.Matmul = gpu.Matmul(matmul)
	}
	return t
}
