package run

import (
	"fmt"
	"math"
	"time"

	"github.com/dinogpu/dinogpu/dino"
)

// How often a line of progress is due where lines add up: often at first, when one wants to know that it works, and then
// once per minute.
const (
	earlyEvery = 10 * time.Second
	earlyUntil = 2 * time.Minute
	lateEvery  = time.Minute
)

// Progress turns the metrics of steps into a line that a person follows a run by.
type Progress struct {
	steps, epochs int

	knn       float64 // NaN: not measured yet
	views     float64 // so too
	loss      float64 // smoothed
	seen      int
	started   time.Time
	firstStep int
	due       time.Time // of the next line where lines add up
}

// NewProgress follows a run of that many steps and epochs in all; one that is resumed begins somewhere among them.
func NewProgress(steps, epochs int) *Progress {
	return &Progress{steps: steps, epochs: epochs, knn: math.NaN(), views: math.NaN()}
}

// Step takes in a step's metrics and gives the line; due says whether it is time for one where lines add up.
func (p *Progress) Step(m dino.StepMetrics, now time.Time) (line string, due bool) {
	if p.seen == 0 {
		p.started, p.firstStep = now, m.Step
	}
	p.smooth(m.Loss)
	due = m.Step >= p.steps || p.seen == 1 || !now.Before(p.due)
	if due {
		every := time.Duration(lateEvery)
		if now.Sub(p.started) < earlyUntil {
			every = earlyEvery
		}
		p.due = now.Add(every)
	}
	return p.line(m, now), due
}

// Measured takes in an evaluation; the line shows the teacher's k-NN from then on, and without it how often moved copies
// found their originals. It gives a sentence, empty for what the line or the run's end tells.
func (p *Progress) Measured(step int, values any) string {
	if m, ok := values.(UnlabeledMetrics); ok {
		p.views = m.ViewsTop1Teacher
		return ""
	}
	m, ok := values.(EvalMetrics)
	if !ok {
		return ""
	}
	p.knn = m.KNNTeacher
	return fmt.Sprintf("step %d: k-NN of the teacher %.1f %%, of the student %.1f %%", step, m.KNNTeacher, m.KNNStudent)
}

// smooth takes the mean of the first steps, then of about the last fifty. A loss that is not finite shows at once, and
// the average starts anew after it.
func (p *Progress) smooth(loss float64) {
	p.seen++
	if math.IsNaN(p.loss) || math.IsInf(p.loss, 0) {
		p.loss = loss
		return
	}
	weight := max(1/float64(p.seen), 1.0/50)
	p.loss += weight * (loss - p.loss)
}

func (p *Progress) line(m dino.StepMetrics, now time.Time) string {
	line := fmt.Sprintf("epoch %d/%d  step %d/%d  loss %.3f", m.Epoch+1, p.epochs, m.Step, p.steps, p.loss)
	switch {
	case !math.IsNaN(p.knn):
		line += fmt.Sprintf("  k-NN %.1f %%", p.knn)
	case !math.IsNaN(p.views):
		line += fmt.Sprintf("  copies found %.1f %%", p.views)
	}
	line += fmt.Sprintf("  %s images/s", threeDigits(m.ImagesPerSecond))
	if m.DataWait >= 0.1 {
		line += fmt.Sprintf("  waiting for images %.0f %%", 100*m.DataWait)
	}
	if eta, ok := p.eta(m.Step, now); ok {
		line += "  ETA " + ShortDuration(eta)
	}
	return line
}

// eta goes by the steps since the first one shown: pipelines were built before it.
func (p *Progress) eta(step int, now time.Time) (time.Duration, bool) {
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

// ShortDuration is a time in the two largest units that matter: 3d04h, 2h05m, 4m10s, 9s.
func ShortDuration(d time.Duration) string {
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
