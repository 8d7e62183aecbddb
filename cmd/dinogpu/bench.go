package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

type benchCmd struct {
	settingsFlags

	Time  time.Duration `group:"plan" default:"60s" help:"Take about this long. Fewer repeats and a smaller batch make it so; bench says when."`
	JSON  bool          `name:"json" group:"plan" help:"As JSON."`
	Trace string        `group:"plan" placeholder:"FILE" help:"Write the step's dispatches as a Chrome trace."`
}

// Help is what --help says before the flags.
func (benchCmd) Help() string {
	return "Measures the adapter's arithmetic and memory, every matmul of a preset's training step and the whole step on made-up pixels. Takes train's flags; only those that set sizes matter here. The preset is demo unless --preset or --config names another."
}

// A benchReport is what bench prints. Shares of arithmetic are of FMA.
type benchReport struct {
	Adapter string      `json:"adapter"`
	FMA     float64     `json:"fma_gflops"`
	Copy    float64     `json:"copy_gbs"` // read and written bytes together
	Matmul  []matmulRow `json:"matmul"`
	Step    stepRow     `json:"step"`
	notes
}

// A matmulRow is one shape of matmul; its time holds the staging of its operands and the sum of its partials.
type matmulRow struct {
	Name    string  `json:"name"`
	M       int     `json:"m"`
	N       int     `json:"n"`
	K       int     `json:"k"`
	Variant string  `json:"variant"`
	GFlops  float64 `json:"gflops"`
	Share   float64 `json:"share"`
	Calls   int     `json:"calls"`   // in a step
	Seconds float64 `json:"seconds"` // of one
}

type stepRow struct {
	Preset          string             `json:"preset"`
	Batch           int                `json:"batch"`
	Seconds         float64            `json:"seconds"`
	ImagesPerSecond float64            `json:"images_per_second"`
	GFlops          float64            `json:"gflops"`
	Share           float64            `json:"share"`
	Parts           map[string]float64 `json:"parts"`          // shares of OpSeconds
	OpSeconds       float64            `json:"op_seconds"`     // of all ops, each timed alone
	Steps           int                `json:"steps_measured"` // Seconds is their median
	Dispatches      int                `json:"dispatches"`     // and copies
	Host            float64            `json:"host"`           // share of a step that the host did not wait for the device
}

// Run measures and prints.
func (b *benchCmd) Run(a *app) error {
	if b.Time <= 0 {
		return usageError{fmt.Errorf("--time %s: it has to be above 0", b.Time)}
	}
	device, err := openDevice(b.Settings.Run.Adapter, a.console)
	if err != nil {
		return err
	}
	defer device.Close()
	m := &bencher{
		app: a, settings: b.Settings, device: device, target: tuning.Forced(device, b.Settings.Run.Matmul),
		time: b.Time, deadline: time.Now().Add(b.Time),
	}
	m.report.Adapter = device.Adapter.Name
	// arithmetic a second time: on a machine that does other work too, one moment is not its best
	for _, measure := range []func() error{m.arithmetic, m.copies, m.squares, m.tune, m.step, m.arithmetic} {
		if a.ctx.Err() != nil {
			return errors.New("bench was stopped before its end, so it prints nothing")
		}
		if err := measure(); err != nil {
			return err
		}
	}
	m.report.shares()
	a.console.Status("")
	if b.Trace != "" {
		if err := writeTrace(b.Trace, m.trace); err != nil {
			return err
		}
	}
	if b.JSON {
		return writeJSON(a.stdout, m.report)
	}
	return m.report.print(a.stdout)
}

// shares sets what follows from the rate of fma, once that is known.
func (r *benchReport) shares() {
	for i := range r.Matmul {
		r.Matmul[i].Share = r.Matmul[i].GFlops / r.FMA
	}
	r.Step.Share = r.Step.GFlops / r.FMA
}

func (r benchReport) print(w io.Writer) error {
	fmt.Fprintf(w, "adapter  %s\nfma      %.1f GFLOP/s\ncopy     %.1f GB/s read and written\n\n", r.Adapter, r.FMA, r.Copy)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "matmul\tM\tN\tK\tvariant\tcalls\tms\tGFLOP/s\tof fma\t")
	for _, m := range r.Matmul {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\t%d\t%.3f\t%.1f\t%.0f %%\t\n", m.Name, m.M, m.N, m.K, m.Variant, m.Calls, 1e3*m.Seconds, m.GFlops, 100*m.Share)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	s := r.Step
	fmt.Fprintf(w, "\nstep     %s, batch %d: %.1f ms, %.1f images/s, %.1f GFLOP/s, %.0f %% of fma; %d dispatches, host %.1f %%\n",
		s.Preset, s.Batch, 1e3*s.Seconds, s.ImagesPerSecond, s.GFlops, 100*s.Share, s.Dispatches, 100*s.Host)
	names := slices.Collect(maps.Keys(s.Parts))
	slices.SortFunc(names, func(a, b string) int { return compareDown(s.Parts[a], s.Parts[b], a, b) })
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%s %.1f %%", name, 100*s.Parts[name]))
	}
	fmt.Fprintf(w, "its ops  %.1f ms, each alone: %s\n", 1e3*s.OpSeconds, strings.Join(parts, ", "))
	return nil
}

// compareDown puts the larger number first, and equal ones in the order of their names.
func compareDown(x, y float64, a, b string) int {
	switch {
	case x > y:
		return -1
	case x < y:
		return 1
	}
	return strings.Compare(a, b)
}

// A bencher is a measurement under way.
type bencher struct {
	app      *app
	settings settings.Settings
	device   *gpu.Device
	target   gpu.Target
	time     time.Duration
	deadline time.Time
	report   benchReport
	trace    []traceEvent
}
