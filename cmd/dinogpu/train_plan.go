package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

// planLimits names the device whose limits a plan goes by.
type planLimits string

const (
	limitsDefault planLimits = "default" // any WebGPU device
	limitsDesktop planLimits = "desktop" // a desktop GPU
	limitsAdapter planLimits = "adapter" // the adapter that a run would take
)

// planReport is what --dry-run prints.
type planReport struct {
	dino.Plan
	Limits    planLimits `json:"limits"`          // as --limits has them
	DiskBytes uint64     `json:"disk_bytes"`      // of the run's folder at most
	PerEpoch  int        `json:"steps_per_epoch"` // 0: no images were counted
}

// dryRun says what the run would take. It opens no image, and no device but for --limits adapter, and counts the images
// where they are there.
func (t *trainCmd) dryRun(a *app) error {
	s := t.Settings
	target, limits, err := t.planTarget(a)
	if err != nil {
		return err
	}
	trainer, err := dino.Record(s.Config, target, 1, dino.Options{Crops: s.Run.Crops})
	if errors.As(err, new(*gpu.LimitError)) && t.Limits == limitsDefault {
		return fmt.Errorf("%w; a desktop GPU has more: plan for one with --limits desktop", err)
	}
	if err != nil {
		return err
	}
	r := planReport{Limits: t.Limits}
	if r.Plan, err = trainer.Plan(); err != nil {
		return err
	}
	if at := t.situationOf(s, true); !at.Assumed {
		advise(s, at, a.console)
		if r.PerEpoch, err = run.CheckImages(s.Config, t.images); err != nil {
			return err
		}
	}
	// Where nothing was counted, a run has at least as many saves as it keeps.
	r.DiskBytes = run.DiskNeed(s, trainer.StateLayout(), max(r.PerEpoch, s.Run.Keep+1))
	if t.JSON {
		return writeJSON(a.stdout, r)
	}
	return r.print(a.stdout, limits, s.Config.Epochs)
}

func (r planReport) print(out io.Writer, limits string, epochs int) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	size := func(name string, bytes int) { fmt.Fprintf(w, "%s\t%s\n", name, disk.Size(uint64(bytes))) }
	fmt.Fprintf(w, "parameters\t%d\n", r.Parameters)
	fmt.Fprintf(w, "work per step\t%.4g GFLOP\n", r.FlopsPerStep/1e9)
	fmt.Fprintf(w, "dispatches per step\t%d\n", r.DispatchesPerStep)
	size("weights", r.Bytes.Weights)
	size("gradients", r.Bytes.Gradients)
	size("moments", r.Bytes.Moments)
	size("teacher", r.Bytes.Teacher)
	size("activations", r.Bytes.Activations)
	size("logits", r.Bytes.Logits)
	size("staging and the rest", r.Bytes.Staging)
	size("total", r.Bytes.Total)
	size("largest binding", r.LargestBinding)
	fmt.Fprintf(w, "limits\t%s\n", limits)
	fmt.Fprintf(w, "crops\t%s\n", r.Crops)
	fmt.Fprintf(w, "matmul\t%s\n", r.Matmul)
	size("disk", int(r.DiskBytes))
	if r.PerEpoch > 0 {
		fmt.Fprintf(w, "steps\t%d, %d per epoch\n", r.PerEpoch*epochs, r.PerEpoch)
	} else {
		fmt.Fprintf(w, "steps\tnot known: no images were counted (--data)\n")
	}
	fmt.Fprintf(w, "time\tnot known: dinogpu bench measures a step here\n")
	return w.Flush()
}

// planTarget is what the plan is for, and in words within which limits: those of any device or of a desktop GPU, where no
// adapter is looked at, or the adapter's.
func (t *trainCmd) planTarget(a *app) (gpu.Target, string, error) {
	matmul := t.Settings.Run.Matmul
	switch t.Limits {
	case limitsAdapter:
		d, err := openDevice(t.Settings.Run.Adapter, a.console)
		if err != nil {
			return gpu.Target{}, "", err
		}
		defer d.Close()
		target := tuning.Forced(d, matmul)
		return target, fmt.Sprintf("those of %s: %s a binding", d.Adapter.Name, disk.Size(uint64(target.Binding))), nil
	case limitsDesktop:
		return plannedTarget(gpu.DesktopTarget(), matmul), "a desktop GPU's: 2 GiB a binding", nil
	}
	return plannedTarget(gpu.GPUTarget, matmul), "any WebGPU device's will do", nil
}

// plannedTarget is a GPU's target, or software's where --matmul says texel, whose matmuls are made for that.
func plannedTarget(target gpu.Target, matmul string) gpu.Target {
	target = tuning.Force(target, matmul)
	if target.Matmul == gpu.Texel {
		return tuning.Force(gpu.SoftwareTarget, matmul)
	}
	return target
}
