package gpu

import (
	"fmt"
	"time"

	"github.com/cogentcore/webgpu/wgpu"
)

// An OpTime says how long one op of a program takes by itself.
type OpTime struct {
	Section string // the section that it was recorded in
	Kernel  string // "stage" and "clear" for copies and fills
	Info    any    // the kernel's
	Seconds float64
	Flops   int
	Bytes   int // of all bound tensors
}

// Profile times each op alone: it repeats the op in one submission and divides the time by the number of repeats. On a GPU it
// repeats until that takes about 20 ms, so that the clock and the cost of submitting hardly count, and times ops of the same
// kernel and shape once. A software adapter repeats the op up to reps times within those 20 ms. Ops that add to their tensors
// do so again and again, and scratch may hold values of another op: the program's tensors hold garbage afterwards, kept ones
// (weights, moments) included.
func (p *Program) Profile(reps int) ([]OpTime, error) {
	if p.dev == nil {
		return nil, errNotBuilt
	}
	d := p.dev
	d.mu.Lock()
	defer d.mu.Unlock()
	times, known := make([]OpTime, len(p.ops)), map[string]float64{}
	for n, o := range p.ops {
		t := OpTime{Section: o.section, Kernel: o.name(), Info: o.kernel.Info, Flops: o.kernel.Flops}
		for _, a := range o.args {
			t.Bytes += a.bytes()
		}
		key := fmt.Sprint(o.key(), o.args[0].Shape)
		seconds, ok := known[key]
		if !ok || d.Adapter.Software {
			var err error
			if seconds, err = p.secondsOf(n, reps); err != nil {
				return nil, err
			}
			known[key] = seconds
		}
		t.Seconds = seconds
		times[n] = t
	}
	return times, nil
}

const (
	// measuredSeconds is what repeats of an op should take together.
	measuredSeconds = 0.02
	// mostRepeats of an op in one submission: recording them should not take longer than running them.
	mostRepeats = 10000
)

// secondsOf is the time of op n. d.mu is held.
func (p *Program) secondsOf(n, reps int) (float64, error) {
	if _, err := p.timeOp(n, 1); err != nil { // compiles
		return 0, err
	}
	total, err := p.timeOp(n, 1)
	if err != nil {
		return 0, err
	}
	repeats := 1
	for {
		next := repeatsFor(p.dev.Adapter.Software, repeats, total, reps)
		if next <= repeats {
			return total / float64(repeats), nil
		}
		repeats = next
		if total, err = p.timeOp(n, repeats); err != nil {
			return 0, err
		}
	}
}

// repeatsFor is how often to repeat an op next, after so many repeats took that long; no more than before: that was enough.
func repeatsFor(software bool, repeats int, seconds float64, reps int) int {
	fit := int(min(float64(repeats)*measuredSeconds/max(seconds, 1e-9), mostRepeats))
	switch {
	case software && repeats == 1:
		return min(fit, reps)
	case software || seconds > 0.9*measuredSeconds || repeats == mostRepeats:
		return repeats
	}
	return max(fit, repeats+1)
}

// SecondsBySection sums the times of each section.
func SecondsBySection(times []OpTime) map[string]float64 {
	sums := map[string]float64{}
	for _, t := range times {
		sums[t.Section] += t.Seconds
	}
	return sums
}

// timeOp runs op n reps times in one submission and says how long that took, from when the device had it. d.mu is held.
func (p *Program) timeOp(n, reps int) (float64, error) {
	d, pipe := p.dev, p.built.ops[n].pipe
	if err := d.backlog.drain(true); err != nil {
		return 0, err
	}
	cold := pipe != nil && !pipe.ran
	d.canary.program = p.Name
	s := submission{what: "program " + p.Name, cost: float64(reps) * p.ops[n].cost(), cold: cold}
	if err := d.submit(s, func(enc *wgpu.CommandEncoder) error { return p.encode(enc, n, n+1, reps) }); err != nil {
		return 0, err
	}
	if err := d.backlog.drain(true); err != nil {
		return 0, err
	}
	if pipe != nil {
		pipe.ran = true
	}
	return time.Since(d.submitted).Seconds(), nil
}
