package report

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// mostKeys is how many numbers of a run are followed; a file that names more is none of ours.
const mostKeys = 200

// metrics are the numbers of a run's metrics.jsonl.
type metrics struct {
	series map[string]*series
	steps  int // the last
	epoch  int // of the last step that told it
	passed int // lines that are no metrics

	perEpoch int // steps of an epoch; 0: not known yet
	collapse collapse
}

// A collapse is what dino.CollapseMonitor makes of the metrics.
type collapse struct {
	config  *settings.Config // nil: not known, and nothing is watched
	monitor *dino.CollapseMonitor
	said    string // the last sentence
}

func newMetrics(c *settings.Config, perEpoch int) *metrics {
	return &metrics{series: map[string]*series{}, perEpoch: perEpoch, collapse: collapse{config: c}}
}

// whole tells an object from its first half.
func whole(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) > 0 && line[0] == '{' && json.Valid(line)
}

// take takes in a line. One without a step, or with one that no run has, is passed over and counted.
func (m *metrics) take(line []byte) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(line, &fields) != nil {
		// Other programs write NaN, for which JSON has no word.
		if json.Unmarshal(bytes.ReplaceAll(line, []byte("NaN"), []byte("null")), &fields) != nil {
			m.passed++
			return
		}
	}
	at, ok := number(fields["step"])
	if !ok || at < 0 || at > 1<<40 || at != math.Trunc(at) {
		m.passed++
		return
	}
	step := int(at)
	if m.steps = step; len(fields["epoch"]) > 0 {
		m.learnEpoch(step, fields)
	}
	delete(fields, "step")
	delete(fields, "epoch")
	m.watch(step, fields)
	for key, raw := range fields {
		value, ok := number(raw)
		if !ok && string(raw) != "null" {
			continue // text is for people
		}
		s := m.series[key]
		if s == nil {
			if len(m.series) == mostKeys {
				continue
			}
			s = &series{}
			m.series[key] = s
		}
		if !ok {
			value = math.NaN()
		}
		s.add(step, value)
	}
}

// learnEpoch finds how many steps an epoch has where a later one begins.
func (m *metrics) learnEpoch(step int, fields map[string]json.RawMessage) {
	epoch, ok := number(fields["epoch"])
	if !ok || epoch < 0 || epoch > 1<<40 {
		return
	}
	if before := m.epoch; m.perEpoch == 0 && int(epoch) == before+1 && step > 1 {
		m.perEpoch = (step - 1) / int(epoch)
	}
	m.epoch = int(epoch)
}

// watch has a step's metrics judged. The monitor must know how long an epoch is where a run warms up; then the first
// epoch, within which that may not be known, is one of those in which nothing is said.
func (m *metrics) watch(step int, fields map[string]json.RawMessage) {
	c := &m.collapse
	entropy, ok := number(fields["entropy"])
	kl, okKL := number(fields["kl"])
	if c.config == nil || !ok || !okKL {
		return
	}
	if c.monitor == nil {
		if m.perEpoch == 0 && max(c.config.WarmupEpochs, c.config.WarmupTeacherTempEpochs, c.config.FreezeLastLayer) > 0 {
			return
		}
		c.monitor = dino.NewCollapseMonitor(*c.config, m.perEpoch)
	}
	if said := c.monitor.Observe(dino.StepMetrics{Step: step, Entropy: entropy, KL: kl}); said != "" {
		c.said = said
	}
}

// number reads a JSON number that is finite.
func number(raw json.RawMessage) (float64, bool) {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	return v, err == nil
}

// of is the series of a key, nil where no line has it.
func (m *metrics) of(key string) *series { return m.series[key] }
