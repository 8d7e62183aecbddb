package run

import "github.com/dinogpu/dinogpu/dino"

// Notices are told what a run does, as it does it: a terminal, a window, a parent process. Their methods are called by
// several goroutines, one at a time per run.
type Notices interface {
	// Say gets a sentence that a user should see.
	Say(sentence string)
	// Status gets a line that says what goes on just now and replaces the one before; it is empty when that is over.
	Status(line string)
	// Step gets the metrics of every step, in order, a step or two after it was submitted.
	Step(m dino.StepMetrics)
	// Measured gets what an evaluation found after a step: the struct that metrics.jsonl gets as a line.
	Measured(step int, values any)
}

// Silent takes notice of nothing.
type Silent struct{}

// Say does nothing.
func (Silent) Say(string) {}

// Status does nothing.
func (Silent) Status(string) {}

// Step does nothing.
func (Silent) Step(dino.StepMetrics) {}

// Measured does nothing.
func (Silent) Measured(int, any) {}
