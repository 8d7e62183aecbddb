package gpu

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/cogentcore/webgpu/wgpu"
)

// A SelfTest holds the first op of each distinct kernel and shape beside its twin. Programs run on it one after the
// other, an op at a time, on the contents that the caller wrote; later ops find the results of earlier ones.
type SelfTest struct {
	Results []TestResult
	// Before, if set, is called ahead of each run of a kernel; an error ends the test.
	Before func(kernel string) error
	// Repeat is the number of times that each kernel runs on the same contents, 1 if it is less. Every run has to leave the
	// same bytes: so a race shows that is lost once in many runs.
	Repeat int

	seen map[string]bool
}

// A TestResult is the result of one kernel and shape.
type TestResult struct {
	Kernel  string
	Source  string // its WGSL; empty for a clear
	Params  []uint32
	Info    any      // the kernel's
	Tensors []Tensor // in the order of the bindings

	Outputs   int     // elements compared with the twin's
	Sampled   bool    // whether they are only some of all
	Error     float64 // normalized mean square error of the worst tensor; NaN where an output is NaN or infinite
	Tolerance float64
	Seconds   float64 // of one run of the op, the driver's compiling included
	Trouble   string  // why it failed; empty if it passed
	Differs   bool    // it failed because a repeated run left other bytes than the first
}

// sampleFrom is the cost of an op from which Sample stands in for Twin: the host takes about a nanosecond per unit.
const sampleFrom = 1e8

// Run tests the ops of a built program that no earlier program had, and runs the ops that those depend on.
func (s *SelfTest) Run(p *Program) error {
	if p.err != nil {
		return p.err
	}
	if p.dev == nil {
		return errNotBuilt
	}
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	fresh := map[int]bool{}
	for n, o := range p.ops {
		if o.kind != stage && !s.seen[o.key()] {
			s.seen[o.key()], fresh[n] = true, true
		}
	}
	marked := p.dependencies(fresh)
	for n := 0; n < len(p.ops); n++ {
		if !fresh[n] {
			to := n
			for to < len(p.ops) && marked[to] && !fresh[to] {
				to++
			}
			p.dev.mu.Lock()
			err := p.run(context.Background(), n, to)
			p.dev.mu.Unlock()
			if err != nil {
				return err
			}
			n = max(n, to-1)
			continue
		}
		if err := s.before(p.ops[n]); err != nil {
			return err
		}
		if err := s.test(p, n, p.ops[n]); err != nil {
			return err
		}
	}
	return nil
}

func (s *SelfTest) before(o op) error {
	if s.Before == nil {
		return nil
	}
	return s.Before(o.name())
}

// key tells kernels and shapes apart.
func (o op) key() string {
	key := fmt.Sprint(o.name(), o.kernel.Source, o.kernel.Params, o.kernel.Groups)
	for _, a := range o.args {
		key += fmt.Sprint(" ", a.Len())
	}
	return key
}

// Covers tells whether p has every kernel and shape of q.
func (p *Program) Covers(q *Program) bool {
	mine := map[string]bool{}
	for _, o := range p.ops {
		mine[o.key()] = true
	}
	return !slices.ContainsFunc(q.ops, func(o op) bool { return o.kind != stage && !mine[o.key()] })
}

func (s *SelfTest) test(p *Program, n int, o op) error {
	before, err := p.contents(o)
	if err != nil {
		return err
	}
	work := whole(o.kernel.Twin)
	sampled := o.kernel.Sample != nil && o.cost() >= sampleFrom
	switch {
	case sampled:
		work = o.kernel.Sample
	case o.kind == clearOp:
		work = whole(func(args [][]float32) { clear(args[0]) })
	}
	if err := p.fillZerosWithNoise(o, before, work); err != nil {
		return err
	}
	c, err := p.compareWithTwin(n, o, before, work)
	if err != nil {
		return fmt.Errorf("program %s, op %d of %d: %w", p.Name, n+1, len(p.ops), err)
	}
	r := TestResult{
		Kernel: o.name(), Source: o.kernel.Source, Params: o.kernel.Params, Info: o.kernel.Info, Tensors: o.args,
		Outputs: c.outputs, Sampled: sampled, Error: c.nmse, Tolerance: o.kernel.Tolerance, Seconds: c.seconds,
	}
	switch err := c.trouble(o.kernel); {
	case c.nonFinite > 0:
		r.Error = math.NaN()
		r.Trouble = fmt.Sprintf("%d outputs are NaN or infinite", c.nonFinite)
	case !(c.nmse <= r.Tolerance):
		r.Trouble = fmt.Sprintf("%s %v differs from its twin", c.worst.Name, c.worst.Shape)
	case err != nil:
		r.Trouble = err.Error()
	}
	other, err := s.repeat(p, n, o, before)
	if err != nil {
		return err
	}
	switch r.Differs = other != ""; {
	case r.Differs && r.Trouble != "":
		r.Trouble += "; and " + other
	case r.Differs:
		r.Trouble = other
	}
	s.Results = append(s.Results, r)
	if r.Trouble == "" {
		return nil
	}
	return p.replaceFailedOutputs(o, c, before, sampled)
}

// fillZerosWithNoise puts noise where an output holds nothing but zeros, as large as the kernel's results. Without it, an op
// that adds to fresh gradients, or that stores nothing where zeros belong, would pass unseen.
func (p *Program) fillZerosWithNoise(o op, before *contents, work hostWork) error {
	if work == nil {
		return nil // compareWithTwin says so
	}
	var args [][]float32
	var chosen [][]int
	for i, a := range o.args {
		if !o.writes(i) || slices.ContainsFunc(before.written[a.mem][a.offset:a.offset+a.Len()], func(v float32) bool { return v != 0 }) {
			continue
		}
		if args == nil {
			args = before.args(o)
			chosen = work(args)
		}
		size := rms(args[i], chosen[i])
		if o.kind == clearOp {
			size = 1
		}
		if size == 0 || math.IsNaN(size) || math.IsInf(size, 0) {
			continue
		}
		v := before.written[a.mem][a.offset : a.offset+a.Len()]
		Noise(v, uint64(len(v)), float32(size))
		if err := p.write(a, v); err != nil {
			return err
		}
	}
	return nil
}

// write puts values into a tensor of the built program, scratch or kept.
func (p *Program) write(t Tensor, v []float32) error {
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	return p.dev.upload(p.bufferOf(t), 4*t.offset, wgpu.ToBytes(v))
}

// rms is the root mean square of v, or of its chosen elements.
func rms(v []float32, chosen []int) float64 {
	sum, n := 0.0, len(v)
	if chosen == nil {
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
	} else {
		n = len(chosen)
		for _, i := range chosen {
			sum += float64(v[i]) * float64(v[i])
		}
	}
	return math.Sqrt(sum / float64(max(n, 1)))
}

// replaceFailedOutputs gives later ops healthy contents after an op that failed: the twin's results, or, where those are
// only a sample, the device's with zeros for NaN and infinity; and the old contents around them.
func (p *Program) replaceFailedOutputs(o op, c comparison, before *contents, sampled bool) error {
	for m, v := range before.written {
		if err := p.write(wholeOf(m, p.bufferOf(Tensor{mem: m})), v); err != nil {
			return err
		}
	}
	for i, a := range o.args {
		healthy := c.want[i]
		if healthy == nil {
			continue
		}
		if sampled {
			healthy = c.got[i]
		}
		for k, v := range healthy {
			if !finite(v) {
				healthy[k] = 0
			}
		}
		if err := p.write(a, healthy); err != nil {
			return err
		}
	}
	return nil
}

// Noise fills v with reproducible numbers, uniform around 0, of standard deviation `size`.
func Noise(v []float32, seed uint64, size float32) {
	const root12 = 3.4641016
	for i := range v {
		// splitmix64
		seed += 0x9e3779b97f4a7c15
		z := (seed ^ seed>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		v[i] = size * root12 * (float32((z^z>>31)>>40)/(1<<24) - 0.5)
	}
}
