package main

import (
	"time"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/run"
)

// redrawEvery is how often a terminal's last line is rewritten at most.
const redrawEvery = 100 * time.Millisecond

// follower shows what a run does on the console: a terminal's line is rewritten, elsewhere lines follow each other. It is
// run.Notices.
type follower struct {
	console  *console
	link     *parentLink
	progress *run.Progress // from begin on
	redrawn  time.Time
}

// begin knows how long the run is.
func (f *follower) begin(r *run.Run) {
	f.progress = run.NewProgress(r.Total(), r.Settings().Config.Epochs)
}

// Say prints a sentence.
func (f *follower) Say(sentence string) { f.console.show(sentence) }

// Status replaces a terminal's last line.
func (f *follower) Status(line string) { f.console.Status(line) }

// Step shows the run's progress when it is time.
func (f *follower) Step(m dino.StepMetrics) {
	f.link.tell(message{Is: stepped})
	if faults.step != nil {
		faults.step(m.Step)
	}
	now := f.console.now()
	line, due := f.progress.Step(m, now)
	switch {
	case f.console.tty && (due || now.Sub(f.redrawn) >= redrawEvery):
		f.redrawn = now
		f.console.Status(line)
	case !f.console.tty && due:
		f.console.show(line)
	}
}

// Measured says what an evaluation found.
func (f *follower) Measured(step int, values any) {
	if sentence := f.progress.Measured(step, values); sentence != "" {
		f.console.show(sentence)
	}
}
