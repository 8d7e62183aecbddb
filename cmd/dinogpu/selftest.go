package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

type selftestCmd struct {
	settingsFlags

	JSON   bool `name:"json" group:"plan" help:"As JSON."`
	Repeat *int `group:"plan" placeholder:"N" help:"Run each kernel N times; every run must give the same bytes. 5 on a GPU, 1 on a software adapter, unless told."`
}

// Help is what --help says before the flags.
func (selftestCmd) Help() string {
	return "Runs every kernel that training and evaluation use, in each shape that a preset gives it, and compares what the driver computes with plain Go code: the proof, for any adapter and driver, that the numbers are right. Takes train's flags; only those that set sizes matter here. The preset is demo unless --preset or --config names another. Exit 1 when a kernel failed."
}

// passSeconds is how long the passes of a batch may take at the adapter's rate. Where the preset's batch would take
// longer, a smaller one is tested, and named.
const passSeconds = 60

// testK is how many neighbours the k-NN search is tested with: the reference's best.
const testK = 20

// Run tests and prints.
func (c *selftestCmd) Run(a *app) error {
	start := time.Now()
	if c.Repeat != nil && *c.Repeat < 1 {
		return usageError{fmt.Errorf("--repeat %d: it must be at least 1", *c.Repeat)}
	}
	device, err := openDevice(c.Settings.Run.Adapter, a.console)
	if err != nil {
		return err
	}
	defer device.Close()
	t := &selfTester{app: a, settings: c.Settings, device: device, repeat: c.repeat(device.Adapter.Software)}
	if err := t.record(); err != nil {
		return err
	}
	if err := t.run(); err != nil {
		return err
	}
	t.report.Seconds = time.Since(start).Seconds()
	return t.tell(c.JSON)
}

// repeat is how often each kernel runs. On a GPU a race between invocations may show in one run of many; a software adapter
// has none that way, and takes long.
func (c *selftestCmd) repeat(software bool) int {
	switch {
	case c.Repeat != nil:
		return *c.Repeat
	case software:
		return 1
	}
	return 5
}

// A selfTester is a test under way.
type selfTester struct {
	app      *app
	settings settings.Settings
	device   *gpu.Device
	repeat   int // runs of each kernel
	tests    *dino.Tests
	report   selftestReport

	before func(kernel string, tested []gpu.TestResult) error // ahead of each kernel; an error ends the test; nil: nothing
	also   func(s *gpu.SelfTest) error                        // for tests of the test
}

// record records what fits: the limits of a binding, the time of a software adapter, the machine's memory.
func (t *selfTester) record() error {
	s := t.settings
	asked, target := s.Config.BatchSize, t.target()
	t.report = selftestReport{
		Preset: s.Preset, Matmul: target.MatmulName(),
		Repeat:  t.repeat,
		Adapter: t.device.Adapter.Name, Backend: t.device.Adapter.Backend, Driver: t.device.Adapter.Driver,
	}
	rate, err := t.rate(target)
	if err != nil {
		return fmt.Errorf("%w\nThe selftest could not begin. %s", err, t.advice(true))
	}
	if _, err := recordWhatFits(&s, target, t.app.console); err != nil {
		return err
	}
	for {
		if t.tests, err = dino.RecordTests(s.Config, target, s.Run.Crops, int(passSeconds*rate)); err != nil {
			return err
		}
		need, err := t.tests.Memory()
		if err != nil {
			return err
		}
		free := t.device.FreeMemory()
		if free == 0 || need <= free {
			break
		}
		if t.tests.Batch() == 1 {
			return fmt.Errorf("selftest needs %s of memory for this model, and %s are free: stop other programs, or test a smaller --preset",
				disk.Size(uint64(need)), disk.Size(uint64(free)))
		}
		s.Config.BatchSize = t.tests.Batch() / 2
	}
	t.report.Batch = t.tests.Batch()
	if t.report.Batch < asked {
		t.report.note(t.app.console, "tested with batch %d instead of %d, which would pass the time or the memory here", t.report.Batch, asked)
	}
	return nil
}

// target is how a run on the adapter would be recorded: with the variants of matmul that were measured before.
func (t *selfTester) target() gpu.Target {
	return t.app.tuner(t.device, t.settings.Run, 0).Known()
}

// rate is how many flops a second a matmul of middling size takes.
func (t *selfTester) rate(target gpu.Target) (float64, error) {
	p := gpu.NewProgram("rate", target)
	a, b, c := gpu.NewTensor("a", 2048, 384), gpu.NewTensor("b", 768, 384), gpu.NewTensor("c", 2048, 768)
	layers.MatMul(p, layers.NT, a, b, c, layers.Epilogue{})
	defer gpu.Release(a, b, c)
	defer p.Release()
	if err := p.Build(t.device); err != nil {
		return 0, err
	}
	times, err := p.Profile(1)
	seconds := 1e-9
	for _, x := range times {
		seconds += x.Seconds
	}
	return float64(p.Flops()) / seconds, err
}

// run tests every kernel and gathers the rows.
func (t *selfTester) run() error {
	s := &gpu.SelfTest{Repeat: t.repeat}
	s.Before = func(kernel string) error {
		if t.app.ctx.Err() != nil {
			return errors.New("selftest was stopped before its end, so it proves nothing")
		}
		t.app.console.Status(fmt.Sprintf("selftest: %d tested, now %s", len(s.Results), kernel))
		if t.before != nil {
			return t.before(kernel, s.Results)
		}
		return nil
	}
	defer t.app.console.Status("")
	for _, test := range []func(*gpu.SelfTest) error{
		func(s *gpu.SelfTest) error { return t.tests.SelfTest(t.app.ctx, t.device, s) },
		func(s *gpu.SelfTest) error { return eval.SelfTest(t.device, s, t.settings.Config.Size().Dim, testK) },
		func(s *gpu.SelfTest) error { return eval.SelfTestVideo(t.device, s, t.settings.Config.Size().Dim) },
		t.also,
	} {
		if test == nil {
			continue
		}
		if err := test(s); err != nil {
			if errors.Is(err, context.Canceled) || t.app.ctx.Err() != nil {
				return err
			}
			return fmt.Errorf("%w\nThe selftest could not go on after %d kernels. %s", err, len(s.Results), t.advice(true))
		}
	}
	t.report.add(s.Results)
	return nil
}
