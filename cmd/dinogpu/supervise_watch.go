package main

import "time"

// A hangRule says when a training process hangs: no step came for so many times the usual, and for so long at least.
type hangRule struct {
	times   int
	atLeast time.Duration
}

// hangs is the rule; tests, which cannot wait for minutes, have another.
var hangs = hangRule{times: 10, atLeast: 5 * time.Minute}

// every is how often the watch looks.
func (h hangRule) every() time.Duration { return h.atLeast / 300 }

// usualOf is how many steps the usual time is the mean of.
const (
	usualOf = 20
	usualBy = 5 // fewer tell nothing: metrics of steps may come two at once
)

// A stepWatch waits for a process's steps. It counts the time that passed while it looked on: where this process was
// stopped, as by Ctrl-Z, so was the other.
type stepWatch struct {
	rule     hangRule
	stepping bool            // steps follow each other: the next is due
	waited   time.Duration   // for it
	took     []time.Duration // the last steps of any process of the run, the newest last
	first    bool            // no step of this process was heard: the next one's time is no step's
}

// begin is when another process begins.
func (w *stepWatch) begin() { w.stepping, w.waited, w.first = false, 0, true }

// aside is when something else comes before the next step, or no longer does.
func (w *stepWatch) aside(is bool) { w.stepping, w.waited = !is, 0 }

// step is when one was heard.
func (w *stepWatch) step() {
	if !w.first {
		w.took = append(w.took, w.waited)
		w.took = w.took[max(0, len(w.took)-usualOf):]
	}
	w.first, w.waited = false, 0
}

// tick is when time has passed. hung says that a step is so long overdue that none will come.
func (w *stepWatch) tick(passed time.Duration) (hung bool) {
	if !w.stepping {
		return false
	}
	w.waited += min(passed, 3*w.rule.every())
	usual, known := w.usual()
	return known && w.waited >= max(w.rule.atLeast, time.Duration(w.rule.times)*usual)
}

// usual is the mean time of the last steps; a first one, in which kernels are compiled, tells nothing.
func (w *stepWatch) usual() (mean time.Duration, known bool) {
	if len(w.took) < usualBy {
		return 0, false
	}
	for _, d := range w.took {
		mean += d
	}
	return mean / time.Duration(len(w.took)), true
}
