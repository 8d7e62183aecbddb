package gpu

import (
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

// Profile times each op alone: it repeats the op up to reps times in one submission of about 20 ms and divides the time by
// the number of repeats. Ops that add to their tensors do so again and again, and scratch may hold values of another op:
// the program's tensors hold garbage afterwards, kept ones (weights, moments) included.
func (p *Program) Profile(reps int) ([]OpTime, error) {
	if p.dev == nil {
		return nil, errNotBuilt
	}
	d := p.dev
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wait()
	times := make([]OpTime, len(p.ops))
	for n, o := range p.ops {
		t := OpTime{Section: o.section, Kernel: o.kernel.Name, Info: o.kernel.Info, Flops: o.kernel.Flops}
		for _, a := range o.args {
			t.Bytes += a.bytes()
		}
		switch o.kind {
		case stage:
			t.Kernel = "stage"
		case clearOp:
			t.Kernel = "clear"
		}
		once, err := p.timeOp(n, 1) // compiles, and says how often 20 ms hold it
		if err == nil {
			once, err = p.timeOp(n, 1)
		}
		if err != nil {
			return nil, err
		}
		t.Seconds = once
		if repeats := min(int(0.02/once), reps); repeats > 1 {
			total, err := p.timeOp(n, repeats)
			if err != nil {
				return nil, err
			}
			t.Seconds = total / float64(repeats)
		}
		times[n] = t
	}
	return times, nil
}

// SecondsBySection sums the times of each section.
func SecondsBySection(times []OpTime) map[string]float64 {
	sums := map[string]float64{}
	for _, t := range times {
		sums[t.Section] += t.Seconds
	}
	return sums
}

// timeOp runs op n reps times in one submission and says how long that took. d.mu is held.
func (p *Program) timeOp(n, reps int) (float64, error) {
	p.dev.wait()
	start := time.Now()
	err := p.dev.once(func(enc *wgpu.CommandEncoder) error {
		for range reps {
			if err := p.encode(enc, n, n+1); err != nil {
				return err
			}
		}
		return nil
	})
	p.dev.wait()
	if b := p.built.ops[n]; b.pipe != nil {
		b.pipe.ran = true
	}
	return time.Since(start).Seconds(), err
}
