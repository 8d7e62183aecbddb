package main

import (
	"fmt"
	"math"
	"time"

	"github.com/dinogpu/dinogpu/dino"

	"github.com/dinogpu/dinogpu/dino/run"
)

// How often progress is shown: several times a second where a line is
// rewritten; where lines add up, often at first, when one wants to know that
// it works, and then once a minute.
const (
	redrawEvery = 100 * time.Millisecond
	earlyEvery  = 10 * time.Second
	earlyUntil  = 2 * time.Minute
	lateEvery   = time.Minute
)

// progress turns the metrics of steps into the line a user watches: a
// terminal's line is rewritten, elsewhere lines follow each other. train.log
// gets the latter in either case.
type progress struct {
	console       *console
	steps, epochs int

	knn         float64 // NaN: not measured yet
	loss        float64 // smoothed
	seen        int
	started     time.Time
	firstStep   int
	lastRedraw  time.Time
	lastPrinted time.Time
}

// A run of that many steps and epochs in all; one that is resumed begins
// somewhere among them.
func newProgress(c *console, steps, epochs int) *progress {
	return &progress{console: c, steps: steps, epochs: epochs, knn: math.NaN()}
}

// Step takes in a step's metrics and shows them when it is time.
func (p *progress) Step(m dino.StepMetrics) {
	now := p.console.now()
	if p.seen == 0 {
		p.started, p.firstStep = now, m.Step
	}
	p.smooth(m.Loss)
	last := m.Step >= p.steps
	line := p.line(m, now)
	if last || now.Sub(p.lastRedraw) >= redrawEvery {
		p.lastRedraw = now
		p.console.Status(line)
	}
	if last || p.seen == 1 || now.Sub(p.lastPrinted) >= p.interval(now) {
		p.lastPrinted = now
		if p.console.tty {
			p.console.Log(line)
		} else {
			p.console.Print("%s", line)
		}
	}
}

// Eval takes in an evaluation; the line shows the teacher's k-NN from then on.
func (p *progress) Eval(m run.EvalMetrics) {
	p.knn = m.KNNTeacher
	p.console.Print("step %d: k-NN of the teacher %.1f %%, of the student %.1f %%", m.Step, m.KNNTeacher, m.KNNStudent)
}

// Done takes the rewritten line away.
func (p *progress) Done() { p.console.Status("") }

func (p *progress) interval(now time.Time) time.Duration {
	if now.Sub(p.started) < earlyUntil {
		return earlyEvery
	}
	return lateEvery
}

// The mean of the first steps, then of about the last fifty. A loss that is
// not finite shows at once, and the average starts anew after it.
func (p *progress) smooth(loss float64) {
	p.seen++
	if math.IsNaN(p.loss) || math.IsInf(p.loss, 0) {
		p.loss = loss
		return
	}
	weight := max(1/float64(p.seen), 1.0/50)
	p.loss += weight * (loss - p.loss)
}

func (p *progress) line(m dino.StepMetrics, now time.Time) string {
	line := fmt.Sprintf("epoch %d/%d  step %d/%d  loss %.3f", m.Epoch+1, p.epochs, m.Step, p.steps, p.loss)
	if !math.IsNaN(p.knn) {
		line += fmt.Sprintf("  k-NN %.1f %%", p.knn)
	}
	line += fmt.Sprintf("  %s pictures/s", threeDigits(m.ImagesPerSecond))
	if m.DataWait >= 0.1 {
		line += fmt.Sprintf("  waiting for pictures %.0f %%", 100*m.DataWait)
	}
	if eta, ok := p.eta(m.Step, now); ok {
		line += "  ETA " + shortDuration(eta)
	}
	return line
}

// From the steps since the first one shown: pipelines were built before it.
func (p *progress) eta(step int, now time.Time) (time.Duration, bool) {
	done := step - p.firstStep
	if done < 1 {
		return 0, false
	}
	return time.Duration(float64(now.Sub(p.started)) / float64(done) * float64(p.steps-step)), true
}

func threeDigits(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// The two largest units that matter: 3d04h, 2h05m, 4m10s, 9s.
func shortDuration(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	switch {
	case s >= 86400:
		return fmt.Sprintf("%dd%02dh", s/86400, s%86400/3600)
	case s >= 3600:
		return fmt.Sprintf("%dh%02dm", s/3600, s%3600/60)
	case s >= 60:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	default:
		return fmt.Sprintf("%ds", s)
	}
}
