package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"time"
)

// A doctorReport is what doctor makes.
type doctorReport struct {
	Verdict  []string            `json:"verdict"`
	Time     string              `json:"time"` // when it began
	Program  []string            `json:"program"`
	System   systemInfo          `json:"system"`
	Parts    []partReport        `json:"parts"`
	Tuning   *tuningComparison   `json:"tuning"`   // null: there were no two
	Training *trainingComparison `json:"training"` // null: there were no two
}

// A partReport is a part and what came of it.
type partReport struct {
	Part    string     `json:"part"`
	Kind    string     `json:"kind"`
	State   partState  `json:"state"`
	Seconds float64    `json:"seconds"`
	Limit   float64    `json:"limit_seconds"`
	Words   string     `json:"words,omitempty"`  // why it did not come to its end, with a dead process's last words
	Result  partResult `json:"result"`           // so far; null: nothing was found
	Stderr  string     `json:"stderr,omitempty"` // what drivers and runtimes wrote, where it did not come to its end
}

type partState string

const (
	partWaiting  partState = "waiting"
	partRunning  partState = "running"
	partDone     partState = "done"
	partCut      partState = "cut_short" // it did what its time allowed
	partFailed   partState = "failed"    // it said why
	partCrashed  partState = "crashed"   // its process died
	partTimedOut partState = "timed_out" // its process was killed at the limit
	partHung     partState = "hung"      // the same, and it had been at one thing for most of its time
	partStuck    partState = "stuck"     // its process cannot be killed
	partStopped  partState = "stopped"   // by the user
	partNotRun   partState = "not_run"
)

// stateWords say a state in a line.
var stateWords = map[partState]string{
	partWaiting: "not begun", partRunning: "begun, and not ended when this was written: the machine or dinogpu ended before it did",
	partDone: "done", partCut: "cut short", partFailed: "FAILED", partCrashed: "CRASHED", partTimedOut: "TIMED OUT", partHung: "HANGS", partStuck: "HANGS",
	partStopped: "stopped", partNotRun: "not run",
}

func newDoctorReport(now time.Time, parts []doctorPart, scrub *scrubber) doctorReport {
	r := doctorReport{
		Verdict: []string{"The report is not complete: a part was under way when this was written."},
		Time:    now.UTC().Format("2006-01-02 15:04 UTC"), Program: strings.Split(versionText(), "\n"), System: thisSystem(scrub),
	}
	for _, p := range parts {
		r.Parts = append(r.Parts, partReport{Part: p.name, Kind: p.kind, State: partWaiting, Limit: p.limit.Seconds()})
	}
	return r
}

// longestStderr is how much of what a process wrote is in a report, in bytes: reasons stand at the beginning.
const longestStderr = 6000

// take takes in how a part ended.
func (r *partReport) take(e *examination, words func(string) string) {
	r.State, r.Seconds, r.Words = e.state, e.took.Seconds(), words(e.words)
	if r.Result = e.heard.found(); r.Result != nil {
		r.Result.scrub(words)
	}
	if r.State != partDone && r.State != partCut && r.State != partStopped {
		raw := e.raw
		if len(raw) > longestStderr {
			raw = strings.ToValidUTF8(raw[:longestStderr], "") + "\n..."
		}
		r.Stderr = words(raw)
	}
}

// headline says a part and its state in a line.
func (r *partReport) headline() string {
	line := r.Part + ": " + stateWords[r.State]
	if r.Seconds > 0 {
		line += fmt.Sprintf(" in %.1f s", r.Seconds)
	}
	if r.Words != "" {
		line += ": " + r.Words
	}
	return line
}

// resultsOf are those of a kind's parts, in order, nil where there is none.
func resultsOf[T partResult](r *doctorReport, kind string) (list []T) {
	for _, p := range r.Parts {
		if p.Kind == kind {
			t, _ := p.Result.(T)
			list = append(list, t)
		}
	}
	return list
}

// adapters are what drivers offered; nil: it is not known.
func (r *doctorReport) adapters() *adaptersResult {
	for _, a := range resultsOf[*adaptersResult](r, "adapters") {
		return a
	}
	return nil
}

// unable says why a part has no sense after the earlier ones; empty: it has.
func (r *doctorReport) unable(part int) string {
	for _, p := range r.Parts[:part] {
		if p.State == partStuck {
			return "the driver holds the process of an earlier part"
		}
		if p.Kind != "adapters" {
			continue
		}
		switch a, _ := p.Result.(*adaptersResult); {
		case a != nil && len(a.Adapters) == 0:
			return "there is no adapter"
		case a == nil || a.Opened == nil:
			return "the adapter could not be opened"
		}
	}
	return ""
}

// adapt changes a part by what earlier ones gave: a second training takes as many steps as the first, and trainings go by
// choices only where nothing is left to be measured, which could come out otherwise the second time.
func (r *doctorReport) adapt(spec *partSpec) {
	if spec.Kind != "training" {
		return
	}
	tuned := false
	for _, t := range resultsOf[*tuningResult](r, "tuning") {
		tuned = tuned || t != nil && t.whole(spec.Presets[0])
	}
	settings := map[string]string{}
	maps.Copy(settings, spec.Settings)
	settings["tune"] = fmt.Sprint(tuned)
	spec.Settings = settings
	for _, p := range r.Parts {
		if t, _ := p.Result.(*trainingResult); t != nil && p.State == partCut && t.Steps > 0 {
			spec.Steps = t.Steps
		}
	}
}

// finish compares what was done twice and says what it all means.
func (r *doctorReport) finish(folder string, words func(string) string, wasStopped bool) {
	if t := resultsOf[*tuningResult](r, "tuning"); len(t) == 2 && t[0] != nil && t[1] != nil {
		r.Tuning = compareTuning(t[0], t[1])
	}
	var runs []string
	for i, p := range r.Parts {
		if p.Kind == "training" && p.State != partNotRun {
			runs = append(runs, filepath.Join(folder, fmt.Sprint(i+1)))
		}
	}
	if len(runs) == 2 {
		r.Training = compareTrainings(runs[0], runs[1])
		r.Training.scrub(words)
	}
	r.Verdict = r.judge(wasStopped)
}
