package main

import (
	"fmt"
	"math"
	"text/tabwriter"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

// plannedSteps are taken, and the fastest is the measure: the first compiles.
const plannedSteps = 4

// plan measures a step of the settings that all rows share and says how long each run takes by its arithmetic.
func (c *studyCmd) plan(a *app, runs []studyRun) error {
	src := c.images // opened where preset auto counted them
	if src == nil {
		var err error
		if src, err = run.OpenImages(c.Settings.Config); err != nil {
			return err
		}
	}
	rate, err := c.measuredRate(a)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "row\trun\tsteps\tabout\twhat differs")
	total := time.Duration(0)
	for _, r := range runs {
		s := r.settings
		t, err := recordWhatFits(&s, tuning.Force(rate.target, s.Run.Matmul), a.console)
		if err != nil {
			return err
		}
		p, err := t.Plan()
		if err != nil {
			return err
		}
		steps := s.Config.Epochs * (src.Len() / s.Config.StepImages())
		takes := time.Duration(float64(steps) * p.FlopsPerStep / rate.flops * float64(time.Second))
		total += takes
		fmt.Fprintf(w, "%s\t%s, seed %d\t%d\t%s\t%s\n", r.row.Name, r.row.Title, r.seed, steps, run.ShortDuration(takes), changesText(r, c))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "\nabout %s for all %d runs, evaluations left out, at %.1f images/s of what the rows share on %s\n",
		run.ShortDuration(total), len(runs), rate.images, rate.adapter)
	return err
}

func changesText(r studyRun, c *studyCmd) string {
	changes, err := r.row.Changes(c.Settings.Config)
	if err != nil || len(changes) == 0 {
		return "nothing"
	}
	text := ""
	for i, x := range changes {
		if i > 0 {
			text += ", "
		}
		text += x.Key + " " + x.Text
	}
	return text
}

// A stepRate is how fast a device is at the arithmetic of a training step.
type stepRate struct {
	adapter string
	target  gpu.Target
	flops   float64 // per second, of the method's work
	images  float64 // per second, of the settings that all rows share
}

// measuredRate takes some steps of made-up pixels.
func (c *studyCmd) measuredRate(a *app) (stepRate, error) {
	s := c.Settings
	d, err := openDevice(s.Run.Adapter, a.console)
	if err != nil {
		return stepRate{}, err
	}
	defer d.Close()
	rate := stepRate{adapter: d.Adapter.Name, target: tuning.Forced(d, s.Run.Matmul)}
	a.console.Status("a step is measured")
	defer a.console.Status("")
	t, err := recordWhatFits(&s, rate.target, a.console)
	if err != nil {
		return rate, err
	}
	p, err := t.Plan()
	if err != nil {
		return rate, err
	}
	t, err = t.BuildFitting(d, nil, func(sentence string) { a.console.Print("%s", sentence) })
	defer func() { t.Release() }()
	if err != nil {
		return rate, err
	}
	batches := make([]*augment.Batch, t.Config.Accumulate)
	for i := range batches {
		batches[i] = noiseBatch(t.Config)
	}
	least := math.Inf(1)
	for range plannedSteps {
		start := time.Now()
		if _, err := t.Step(batches...); err != nil {
			return rate, err
		}
		least = min(least, time.Since(start).Seconds())
	}
	rate.flops, rate.images = p.FlopsPerStep/least, float64(t.Config.StepImages())/least
	return rate, a.ctx.Err()
}
