package main

import (
	"fmt"
	"io"
	"time"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

// benchResult is what the adapter reaches, by the measurements so far.
type benchResult struct{ benchReport }

func benchWork(p *partWork) error {
	s, d, err := p.begin()
	if err != nil {
		return err
	}
	defer d.Close()
	m := &bencher{
		app: p.app, settings: s, device: d, target: tuning.Forced(d, "auto"),
		time: time.Until(p.until).Round(time.Second), deadline: p.until,
	}
	m.report.Adapter = d.Adapter.Name
	for _, measure := range []struct {
		name string
		work func() error
	}{
		{"arithmetic", m.arithmetic},
		{"copies", m.copies},
		{"square matmuls", m.squares},
		{"choosing matmuls", m.tune},
		{"the step", m.step},
		{"arithmetic again", m.arithmetic},
	} {
		p.at("%s", measure.name)
		if err := measure.work(); err != nil {
			return err
		}
		r := benchResult{m.report}
		r.shares()
		p.result(&r)
	}
	return nil
}

func (r *benchResult) scrub(words func(string) string) {
	for i := range r.Notes {
		r.Notes[i] = words(r.Notes[i])
	}
}

// matmulShare is what the step's matmuls reach of the rate of fma, all together.
func (r *benchResult) matmulShare() float64 {
	work, seconds := 0.0, 0.0
	for _, m := range r.Matmul {
		took := float64(m.Calls) * m.Seconds
		work, seconds = work+m.GFlops*took, seconds+took
	}
	if seconds == 0 || r.FMA == 0 {
		return 0
	}
	return work / seconds / r.FMA
}

func (r *benchResult) text(w io.Writer) error {
	for _, note := range r.Notes {
		fmt.Fprintln(w, note)
	}
	if r.Step.Batch > 0 {
		return r.print(w)
	}
	_, err := fmt.Fprintf(w, "fma   %.1f GFLOP/s\ncopy  %.1f GB/s read and written\n", r.FMA, r.Copy)
	return err
}

// sentence says it in short.
func (r *benchResult) sentence() string {
	s := r.Step
	if s.Batch == 0 {
		return fmt.Sprintf("%.3g GFLOP/s of multiply-adds, %.3g GB/s of copies.", r.FMA, r.Copy)
	}
	return fmt.Sprintf("%.3g GFLOP/s of multiply-adds, %.3g GB/s of copies; a step of preset %s with batch %d takes %.1f ms: %.1f images/s, %.0f %% of that rate (its matmuls %.0f %%).",
		r.FMA, r.Copy, disk.Printable(s.Preset), s.Batch, 1e3*s.Seconds, s.ImagesPerSecond, 100*s.Share, 100*r.matmulShare())
}
