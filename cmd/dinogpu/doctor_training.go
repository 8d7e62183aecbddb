package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/run"
)

// trainingResult is how far a training came. Its folder has the rest.
type trainingResult struct {
	Preset string  `json:"preset"`
	Batch  int     `json:"batch"`
	Steps  int     `json:"steps"`
	Loss   float64 `json:"loss"` // of the last step
	Images float64 `json:"images_per_second"`
	Tuned  bool    `json:"tuned"` // by the choices that were measured before
}

// trainingNotices tells each step.
type trainingNotices struct {
	run.Silent
	*trainingResult
	work  *partWork
	start time.Time
}

// Step tells a step.
func (n *trainingNotices) Step(m dino.StepMetrics) {
	if n.Steps == 0 {
		n.start = time.Now() // the first compiles
	}
	n.Steps, n.Loss = m.Step, m.Loss
	if n.Steps > 1 {
		n.Images = float64((n.Steps-1)*n.Batch) / time.Since(n.start).Seconds()
	}
	n.work.result(n.trainingResult)
	n.work.at("the step after %d", m.Step)
}

// trainingWork trains for some steps, or as many as the time allows, as train does.
func trainingWork(p *partWork) error {
	s, d, err := p.begin()
	if err != nil {
		return err
	}
	defer d.Close()
	s.Run.MaxSteps, s.Run.MaxTime = p.spec.Steps, time.Until(p.until)
	n := &trainingNotices{work: p, trainingResult: &trainingResult{Preset: s.Preset, Batch: s.Config.StepImages(), Tuned: s.Run.Tune}}
	p.at("making the run's memory")
	r, err := run.New(p.app.ctx, run.Options{Settings: s, Folder: p.spec.Folder, Device: d, Notices: n, Program: versionText()})
	if err != nil {
		return err
	}
	p.at("the first step")
	err = r.Train(p.app.ctx)
	if stopped := (*run.Stopped)(nil); errors.As(err, &stopped) {
		err = nil
		if stopped.Reason == run.MaxTime {
			p.tell(partEvent{Cut: fmt.Sprintf("its time was over after %d of %d steps", stopped.Step, p.spec.Steps)})
		}
	}
	return errors.Join(err, r.Close())
}

func (r *trainingResult) scrub(func(string) string) {}

func (r *trainingResult) text(w io.Writer) error {
	how := "matmuls as they were chosen above"
	if !r.Tuned {
		how = "matmuls by default"
	}
	_, err := fmt.Fprintf(w, "%d steps of %d images of preset %s, loss %.4f, %.1f images/s, %s\n", r.Steps, r.Batch, r.Preset, r.Loss, r.Images, how)
	return err
}
