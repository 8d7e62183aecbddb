package dino

import (
	"fmt"
	"math"
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A collapse is a way in which teacher and student agree on nothing of worth
// (paper, section 5.3 and figure 7: the KL part of the loss goes to 0).
type collapse int

// The kinds, told apart by the targets' entropy h.
const (
	noCollapse   collapse = iota
	uniform               // h near ln K: every prototype gets the same share
	onePrototype          // h near 0: one prototype gets everything
)

// collapseWindow is the number of steps whose means decide.
const collapseWindow = 100

// How near is near, as a share of ln K, and how far recovered is. A healthy
// run is far from both: an untrained network's targets have an entropy of
// ln K - 0.4 at a temperature of 0.07, ln K - 1.2 at 0.04.
const (
	collapseNear = 0.02
	collapseFar  = 0.03
	// collapseAlone makes the nearness to ln K at which the entropy decides alone: half a percent.
	collapseAlone = 0.25
)

// A CollapseMonitor watches a run's metrics for collapse.
type CollapseMonitor struct {
	config settings.Config
	lnK    float64
	after  int // steps of warm-up and freeze, in which nothing is said

	entropy, kl [collapseWindow]float64
	seen        int
	kind        collapse
	since       string // what was said of the collapse that goes on
}

// NewCollapseMonitor watches a run of that many optimizer steps per epoch.
func NewCollapseMonitor(c settings.Config, stepsPerEpoch int) *CollapseMonitor {
	return &CollapseMonitor{
		config: c, lnK: math.Log(float64(c.OutDim)),
		after: max(c.WarmupEpochs, c.WarmupTeacherTempEpochs, c.FreezeLastLayer, c.HeadWarmupEpochs) * stepsPerEpoch,
	}
}

// Observe takes in a step's metrics. When the run falls into a collapse, or
// recovers from one, it gives the sentences to say, else nothing.
func (m *CollapseMonitor) Observe(s StepMetrics) string {
	if s.Step <= m.after || math.IsNaN(s.Entropy) {
		return ""
	}
	m.entropy[m.seen%collapseWindow], m.kl[m.seen%collapseWindow] = s.Entropy, s.KL
	m.seen++
	if m.seen < collapseWindow {
		return ""
	}
	h, kl := mean(m.entropy[:]), mean(m.kl[:])
	if m.kind != noCollapse && m.judge(h, kl, collapseFar) == m.kind {
		return ""
	}
	was := m.kind
	m.kind = m.judge(h, kl, collapseNear)
	switch {
	case m.kind != noCollapse:
		m.since = m.explain(s.Step, h, kl)
		return m.since
	case was != noCollapse:
		return fmt.Sprintf("step %d: the collapse is over: entropy %.3f, KL %.3f", s.Step, h, kl)
	}
	return ""
}

// Collapsed is what Observe said of the collapse that the run is in; empty: it is in none.
func (m *CollapseMonitor) Collapsed() string {
	if m.kind == noCollapse {
		return ""
	}
	return m.since
}

func (m *CollapseMonitor) judge(h, kl, near float64) collapse {
	switch {
	case h > (1-near*collapseAlone)*m.lnK:
		return uniform // whatever the student makes of it: such targets say nothing
	case kl > near*m.lnK:
		return noCollapse
	case h > (1-near)*m.lnK:
		return uniform
	case h < near*m.lnK:
		return onePrototype
	}
	return noCollapse
}

func (m *CollapseMonitor) explain(step int, h, kl float64) string {
	kind, why, flags := "uniform targets", "every prototype gets the same share, whatever the image: the teacher is too soft", m.sharpen()
	if m.kind == onePrototype {
		kind, why, flags = "one prototype", "one prototype gets every image, as the center does not hold it back (or, with very few images, that they are known by heart: k-NN tells)", m.recenter()
	}
	return fmt.Sprintf("step %d: collapse to %s: over %d steps the targets' entropy is %.3f (ln K is %.3f) and KL %.3f. "+
		"This means that %s. Going on rarely helps; start a new run with %s",
		step, kind, collapseWindow, h, m.lnK, kl, why, strings.Join(flags, " "))
}

// sharpen is what to change against uniform targets.
func (m *CollapseMonitor) sharpen() []string {
	c := m.config
	var flags []string
	if c.StudentTemp < 0.1 {
		flags = append(flags, "`student_temp` 0.1")
	}
	switch {
	case c.TeacherTemp > 0.04:
		flags = append(flags, "`teacher_temp` 0.04", "`warmup_teacher_temp` 0.04")
	case c.TeacherTemp > 0.02:
		flags = append(flags, "`teacher_temp` 0.02", "`warmup_teacher_temp` 0.02")
	}
	return append(flags, m.gentler()...)
}

// recenter is what to change against a single prototype.
func (m *CollapseMonitor) recenter() []string {
	c := m.config
	var flags []string
	if c.CenterMomentum > 0.9 {
		flags = append(flags, "`center_momentum` 0.9")
	}
	if c.TeacherTemp < 0.04 {
		flags = append(flags, "`teacher_temp` 0.04", "`warmup_teacher_temp` 0.04")
	}
	return append(flags, m.gentler()...)
}

// gentler is what steadies any run.
func (m *CollapseMonitor) gentler() []string {
	c := m.config
	var flags []string
	if c.MomentumTeacher < 0.99 {
		flags = append(flags, "`momentum_teacher` 0.996")
	}
	if !c.NormLastLayer {
		flags = append(flags, "`norm_last_layer`")
	}
	return append(flags, fmt.Sprintf("`lr` %g", settings.Rounded(c.LR/2, 3)), fmt.Sprintf("`freeze_last_layer` %d", c.FreezeLastLayer+1))
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
