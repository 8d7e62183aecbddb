package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

// dryRun says what the run would take. It opens no device and no image, and
// counts the images where they are there.
func (t *trainCmd) dryRun(a *app) error {
	s := t.Settings
	trainer, err := dino.Record(s.Config, planTarget(s.Run.Matmul), 1, dino.Options{Crops: s.Run.Crops})
	if err != nil {
		return err
	}
	p, err := trainer.Plan()
	if err != nil {
		return err
	}
	if at := t.situationOf(s, true); !at.Assumed {
		advise(s, at, a.console)
	}
	if t.JSON {
		return writeJSON(a.stdout, p)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	size := func(name string, bytes int) { fmt.Fprintf(w, "%s\t%s\n", name, disk.Size(uint64(bytes))) }
	fmt.Fprintf(w, "parameters\t%d\n", p.Parameters)
	fmt.Fprintf(w, "work a step\t%.4g GFLOP\n", p.FlopsPerStep/1e9)
	fmt.Fprintf(w, "dispatches a step\t%d\n", p.DispatchesPerStep)
	size("weights", p.Bytes.Weights)
	size("gradients", p.Bytes.Gradients)
	size("moments", p.Bytes.Moments)
	size("teacher", p.Bytes.Teacher)
	size("activations", p.Bytes.Activations)
	size("logits", p.Bytes.Logits)
	size("staging and the rest", p.Bytes.Staging)
	size("total", p.Bytes.Total)
	size("largest binding", p.LargestBinding)
	fmt.Fprintf(w, "limits\tany WebGPU device's will do\n")
	fmt.Fprintf(w, "matmul\t%s\n", p.Matmul)
	return w.Flush()
}

// planTarget is what a plan is for, which looks at no adapter: a GPU, or software where --matmul says texel, whose
// matmuls are made for that.
func planTarget(matmul string) gpu.Target {
	if matmul == string(gpu.Texel) {
		return gpu.SoftwareTarget
	}
	return tuning.Force(gpu.GPUTarget, matmul)
}
