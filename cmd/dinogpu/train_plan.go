package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/gpu"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// dryRun says what the run would take. It opens no device and no picture, and
// counts the pictures where they are there; where --matmul leaves the choice,
// it plans for a GPU.
func dryRun(s settings.Settings, o trainOptions) error {
	target := gpu.GPUTarget
	if s.Run.Matmul == string(gpu.Texel) {
		target = gpu.SoftwareTarget
	}
	t, err := recordTraining(s, target, 1)
	if err != nil {
		return err
	}
	p, err := t.Plan()
	if err != nil {
		return err
	}
	if at := situationOf(s, true); !at.Assumed {
		advise(s, at, o.Console)
	}
	if o.JSON {
		e := json.NewEncoder(o.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(p)
	}
	w := tabwriter.NewWriter(o.Stdout, 0, 0, 2, ' ', 0)
	mib := func(name string, bytes int) { fmt.Fprintf(w, "%s\t%.1f MiB\n", name, float64(bytes)/(1<<20)) }
	fmt.Fprintf(w, "parameters\t%d\n", p.Parameters)
	fmt.Fprintf(w, "work a step\t%.4g GFLOP\n", p.FlopsPerStep/1e9)
	fmt.Fprintf(w, "dispatches a step\t%d\n", p.DispatchesPerStep)
	mib("weights", p.Bytes.Weights)
	mib("gradients", p.Bytes.Gradients)
	mib("moments", p.Bytes.Moments)
	mib("teacher", p.Bytes.Teacher)
	mib("activations", p.Bytes.Activations)
	mib("logits", p.Bytes.Logits)
	mib("staging and the rest", p.Bytes.Staging)
	mib("total", p.Bytes.Total)
	mib("largest binding", p.LargestBinding)
	fmt.Fprintf(w, "limits\tany WebGPU device's will do\n")
	fmt.Fprintf(w, "matmul\t%s\n", p.Matmul)
	return w.Flush()
}
