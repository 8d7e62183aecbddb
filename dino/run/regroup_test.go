package run

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// A run that goes on with half the batch and twice accumulate learns from the same images in the same order: the rest of
// it differs by rounding alone.
func TestRegroupedStepsLearnTheSame(t *testing.T) {
	d := openDevice(t)
	whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
	s := tiny(2)
	s.Config.Depth, s.Config.DropPathRate = 2, 0.5
	train := func(start func() (*Run, error)) {
		t.Helper()
		if err := trained(t, start); err != nil && !errors.Is(err, ErrStopped) {
			t.Fatal(err)
		}
	}
	var all, h heard
	train(func() (*Run, error) {
		return New(t.Context(), Options{Settings: s, Folder: whole, Device: d, Notices: &all})
	})
	s.Run.MaxSteps = 4
	train(func() (*Run, error) { return New(t.Context(), Options{Settings: s, Folder: parts, Device: d}) })
	s.Run.MaxSteps, s.Config.BatchSize, s.Config.Accumulate = 8, 2, 2
	train(func() (*Run, error) {
		return Resume(t.Context(), parts, Options{Settings: s, Device: d, Notices: &h})
	})
	if !h.holds("`batch_size` 2 and `accumulate` 2 instead of 4 and 1") {
		t.Errorf("said %q", h.said)
	}
	if config := read(t, filepath.Join(parts, settings.FileName)); !strings.Contains(config, "\nbatch_size: 4\n") {
		t.Errorf("config.yaml is no record of how the run began:\n%s", config)
	}
	// asked for nothing, it goes on as it went last
	stored, err := Open(parts)
	if err != nil {
		t.Fatal(err)
	}
	if c := stored.Settings.Config; c.BatchSize != 2 || c.Accumulate != 2 {
		t.Errorf("goes on with batches of %d, %d a step", c.BatchSize, c.Accumulate)
	}
	train(func() (*Run, error) { return Resume(t.Context(), parts, Options{Device: d, Notices: &h}) })
	if len(h.steps) != 8 || h.steps[7].Step != 12 {
		t.Fatalf("%d steps", len(h.steps))
	}
	for i, m := range h.steps {
		if want := all.steps[4+i]; m.Step != want.Step || m.Epoch != want.Epoch || math.Abs(m.Loss-want.Loss) > 1e-4*want.Loss {
			t.Errorf("step %d of epoch %d: loss %g, want %g", m.Step, m.Epoch, m.Loss, want.Loss)
		}
	}
	_, want := newest(t, whole)
	_, got := newest(t, parts)
	for i, tensor := range want {
		var square, norm float64
		for j, w := range tensor.Values {
			if third := len(tensor.Values) / 3; strings.HasSuffix(tensor.Name, "qkv.bias") && j/third == 1 {
				continue // the keys' bias: softmax takes it away, so that its gradient is rounding alone
			}
			square, norm = square+math.Pow(float64(got[i].Values[j]-w), 2), norm+math.Pow(float64(w), 2)
		}
		if square > 1e-6*norm {
			t.Errorf("%s differs by %.2g of its length", tensor.Name, math.Sqrt(square/norm))
		}
	}
}

// What comes between steps is told, so that nobody waits for a step meanwhile.
func TestSteppingIsTold(t *testing.T) {
	var told []string
	s := tiny(1)
	s.Run.CheckpointEvery = 3
	err := trained(t, func() (*Run, error) {
		return New(t.Context(), Options{
			Settings: s, Folder: filepath.Join(t.TempDir(), "run"), Device: openDevice(t),
			Stepping: func(on bool) { told = append(told, fmt.Sprint(on)) },
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(told, " "); got != "true false true false" { // the checkpoint in its middle, the end
		t.Errorf("told %s", got)
	}
}

// An evaluation that finds no memory ends the run in words, and the driver's are in its log.
func TestMemoryErrorInTheLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	err := trained(t, func() (*Run, error) {
		return New(t.Context(), Options{
			Settings: tiny(2), Folder: dir, Device: openDevice(t), EvaluateEvery: 1,
			Evaluate: func(context.Context, *Run) error {
				return fmt.Errorf("k-NN: %w", &gpu.MemoryError{What: "features", Need: 1 << 30, Raw: "wgpu.(*Device).CreateBuffer(): Not enough memory left."})
			},
		})
	})
	if err == nil || !strings.Contains(err.Error(), "k-NN: out of memory: features needs 1.0 GiB") || !strings.Contains(err.Error(), "take a smaller `batch_size`") ||
		!strings.Contains(err.Error(), "saved after step 6") || strings.Contains(err.Error(), "wgpu") {
		t.Errorf("it ends with %v", err)
	}
	if log := read(t, filepath.Join(dir, logFile)); !strings.Contains(log, "Z wgpu.(*Device).CreateBuffer(): Not enough memory left.\n") {
		t.Errorf("the log is\n%s", log)
	}
}

// A step that does not fit in memory says which settings take less.
func TestLessMemoryIsAdvised(t *testing.T) {
	out := &gpu.MemoryError{What: "student", Need: 3 << 30, Taken: 1 << 20}
	for _, c := range []struct {
		batch int
		want  string
	}{
		{4, "student needs 3.0 GiB on the device, dinogpu has 1.0 MiB there already, and the driver does not tell how much there is: take a smaller `batch_size` with as much more `accumulate`, `crops` apart, in a new run a smaller `out_dim`"},
		{1, "take `crops` apart, in a new run a smaller `out_dim`"},
	} {
		s := tiny(1)
		s.Config.BatchSize = c.batch
		err := withLess(fmt.Errorf("program crops: %w", out), s, nil)
		if !strings.Contains(err.Error(), c.want) || !errors.As(err, new(*gpu.MemoryError)) {
			t.Errorf("batch %d: %v", c.batch, err)
		}
	}
	apart, err := dino.Record(tiny(1).Config, gpu.GPUTarget, 1, dino.Options{Crops: settings.CropsApart})
	if err != nil {
		t.Fatal(err)
	}
	var less *LessError
	if err := withLess(out, tiny(1), apart); !errors.As(err, &less) || !less.Apart || strings.Contains(err.Error(), "apart") {
		t.Errorf("with crops apart: %v", err)
	}
	if err := withLess(os.ErrExist, tiny(1), nil); !errors.Is(err, os.ErrExist) || strings.Contains(err.Error(), "take") {
		t.Errorf("another error: %v", err)
	}
}
