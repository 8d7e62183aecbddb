package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

// planReport is what --dry-run prints.
type planReport struct {
	dino.Plan
	DiskBytes uint64 `json:"disk_bytes"`      // of the run's folder at most
	PerEpoch  int    `json:"steps_per_epoch"` // 0: no images were counted
}

// dryRun says what the run would take. It opens no device and no image, and counts the images where they are there.
func (t *trainCmd) dryRun(a *app) error {
	s := t.Settings
	trainer, err := dino.Record(s.Config, planTarget(s.Run.Matmul), 1, dino.Options{Crops: s.Run.Crops})
	if err != nil {
		return err
	}
	r := planReport{}
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
	return r.print(a.stdout, s.Config.Epochs)
}

func (r planReport) print(out io.Writer, epochs int) error {
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
	fmt.Fprintf(w, "limits\tany WebGPU device's will do\n")
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

// planTarget is what a plan is for, which looks at no adapter: a GPU, or software where --matmul says texel, whose
// matmuls are made for that.
func planTarget(matmul string) gpu.Target {
	target := tuning.Force(gpu.GPUTarget, matmul)
	if target.Matmul == gpu.Texel {
		return tuning.Force(gpu.SoftwareTarget, matmul)
	}
	return target
}
