package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// doctorPartCmd is what doctor starts for a part.
type doctorPartCmd struct {
	Spec string `arg:""`
}

// A partKind is a kind of part: what the child does, and what its result is read into.
type partKind struct {
	work  func(p *partWork) error
	empty func() partResult
}

var partKinds = map[string]partKind{
	"adapters": {adaptersWork, func() partResult { return &adaptersResult{} }},
	"tuning":   {tuningWork, func() partResult { return &tuningResult{} }},
	"selftest": {selftestWork, func() partResult { return &selftestResult{} }},
	"bench":    {benchWork, func() partResult { return &benchResult{} }},
	"training": {trainingWork, func() partResult { return &trainingResult{} }},
	"memory":   {memoryWork, func() partResult { return &memoryResult{} }},
}

// A partEvent is a line of JSON from a part's process.
type partEvent struct {
	At     string          `json:"at,omitempty"`     // what it does from now on
	Result json.RawMessage `json:"result,omitempty"` // what it found so far
	Cut    string          `json:"cut,omitempty"`    // why it ends with less than all
	Error  string          `json:"error,omitempty"`  // why it ends
}

// A partWork is a part under way, in its own process.
type partWork struct {
	app   *app
	spec  partSpec
	until time.Time // when it ought to come to an end
	out   *json.Encoder
	err   error // of telling
}

// Run does the part. Its error is an event, so that it is told from words of others.
func (c *doctorPartCmd) Run(a *app) error {
	p := &partWork{app: a, out: json.NewEncoder(a.stdout)}
	if err := json.Unmarshal([]byte(c.Spec), &p.spec); err != nil {
		return usageError{fmt.Errorf("doctor's part: %w", err)}
	}
	kind, ok := partKinds[p.spec.Kind]
	if !ok {
		return usageError{fmt.Errorf("doctor has no part %q", p.spec.Kind)}
	}
	p.until = time.Now().Add(time.Duration(p.spec.Seconds * float64(time.Second)))
	if err := kind.work(p); err != nil {
		p.tell(partEvent{Error: asFlags(err.Error())})
	}
	return p.err
}

func (p *partWork) tell(e partEvent) {
	if err := p.out.Encode(e); err != nil && p.err == nil {
		p.err = err
	}
}

// at says what is done from now on.
func (p *partWork) at(format string, args ...any) {
	p.tell(partEvent{At: fmt.Sprintf(format, args...)})
}

// result says what was found so far.
func (p *partWork) result(r partResult) {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // numbers and texts, and what is no number was left out
	}
	p.tell(partEvent{Result: text})
}

// open opens the adapter.
func (p *partWork) open() (*gpu.Device, error) {
	p.at("opening the adapter")
	return openDevice(p.spec.Settings["adapter"], p.app.console)
}

// begin merges the settings of the part's first preset and opens the adapter, which the caller closes.
func (p *partWork) begin() (settings.Settings, *gpu.Device, error) {
	s, err := p.spec.merged(p.spec.Presets[0])
	if err != nil {
		return s, nil, err
	}
	d, err := p.open()
	return s, d, err
}
