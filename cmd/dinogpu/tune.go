package main

import (
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

type tuneCmd struct {
	settingsFlags

	Time time.Duration `group:"plan" default:"2m" help:"Stop after about this long."`
	JSON bool          `name:"json" group:"plan" help:"As JSON."`
}

// Help is what --help says before the flags.
func (tuneCmd) Help() string {
	return "Measures again which kernel is best for every kind of matmul of a preset, and remembers it for training. train does this by itself, for about 10 s, when an adapter is new. Takes train's flags; only those that set sizes matter here. The preset is demo unless --preset or --config names another."
}

// tuneReport is what tune prints.
type tuneReport struct {
	Adapter string      `json:"adapter"`
	Choices gpu.Choices `json:"choices"` // by class: form, sizes as powers of two, f where an epilogue is fused
}

// Run measures and prints.
func (c *tuneCmd) Run(a *app) error {
	if c.Time <= 0 {
		return usageError{fmt.Errorf("--time %s: it has to be above 0", c.Time)}
	}
	device, err := openDevice(c.Settings.Run.Adapter, a.console)
	if err != nil {
		return err
	}
	defer device.Close()
	s := c.Settings
	t := a.tuner(device, settings.Run{Matmul: "auto", Tune: true}, c.Time)
	t.Again = true
	target, err := t.Target(a.ctx, func(target gpu.Target) (tuning.Recorded, error) { return recordWhatFits(&s, target, a.console) })
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.stdout, tuneReport{device.Adapter.Name, target.Choices})
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, class := range slices.Sorted(maps.Keys(target.Choices)) {
		fmt.Fprintf(w, "%s\t%s\n", class, target.Choices[class])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s\n", layers.FormatMatmul(target))
	return err
}
