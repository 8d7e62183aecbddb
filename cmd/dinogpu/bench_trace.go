package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A traceEvent is one op of the step in the Trace Event Format, which chrome://tracing and ui.perfetto.dev show.
type traceEvent struct {
	Name  string         `json:"name"`
	Part  string         `json:"cat"`
	Phase string         `json:"ph"` // X: a whole event
	Start float64        `json:"ts"` // microseconds
	Took  float64        `json:"dur"`
	PID   int            `json:"pid"`
	TID   int            `json:"tid"`
	Args  map[string]any `json:"args"`
}

// traced lays the ops of the step's programs one behind the other, each as long as it takes alone.
func traced(programs []string, times [][]gpu.OpTime) []traceEvent {
	var events []traceEvent
	at := 0.0
	for i, ops := range times {
		for _, o := range ops {
			e := traceEvent{
				Name: o.Kernel, Part: o.Section, Phase: "X", Start: at, Took: 1e6 * o.Seconds, PID: 1, TID: 1,
				Args: map[string]any{"program": programs[i], "gflops": float64(o.Flops) / o.Seconds / 1e9, "bytes": o.Bytes},
			}
			if m, ok := o.Info.(layers.MatmulInfo); ok {
				e.Args["shape"] = fmt.Sprintf("%s (%d, %d) of depth %d", m.Form, m.M, m.N, m.K)
			}
			events = append(events, e)
			at += e.Took
		}
	}
	return events
}

// writeTrace writes the events as a file that the viewers open.
func writeTrace(path string, events []traceEvent) error {
	data, err := json.Marshal(map[string]any{"traceEvents": events, "displayTimeUnit": "ms"})
	if err == nil {
		err = os.WriteFile(path, append(data, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("the trace was not written: %w; choose another --trace", err)
	}
	return nil
}
