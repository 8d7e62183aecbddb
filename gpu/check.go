package gpu

import (
	"fmt"
	"math"
	"time"
)

// Check runs the program an op at a time, each kernel on the device and by its twin from the same contents,
// and returns an error that names the first kernel and tensor to differ by more than the kernel's tolerance.
func (p *Program) Check() error {
	if p.err != nil {
		return p.err
	}
	if p.dev == nil {
		return errNotBuilt
	}
	for n, o := range p.ops {
		if err := p.checkOp(n, o); err != nil {
			return fmt.Errorf("program %s, op %d of %d: %w", p.Name, n+1, len(p.ops), err)
		}
	}
	return nil
}

func (p *Program) checkOp(n int, o op) error {
	if o.kind != dispatch {
		_, err := p.runAlone(n)
		return err
	}
	before, err := p.contents(o)
	if err != nil {
		return err
	}
	c, err := p.compareWithTwin(n, o, before, whole(o.kernel.Twin))
	if err == nil {
		err = c.trouble(o.kernel)
	}
	return err
}

// hostWork does a kernel's work on the host, or a part of it, and returns which elements of each argument it made; nil
// stands for all.
type hostWork func(args [][]float32) [][]int

// whole makes a hostWork of a twin, which makes every element.
func whole(twin func([][]float32)) hostWork {
	if twin == nil {
		return nil
	}
	return func(args [][]float32) [][]int {
		twin(args)
		return make([][]int, len(args))
	}
}

// A comparison holds an op's results on the device beside its twin's.
type comparison struct {
	worst     Tensor  // the written tensor that differs most
	nmse      float64 // of worst
	outputs   int     // elements compared
	nonFinite int     // of all outputs, the elements that are NaN or infinite
	seconds   float64
	outside   error // that elements outside the tensors were written

	got, want [][]float32 // of each argument; nil where the kernel only reads it
}

// trouble is the error, if any, by the kernel's tolerance.
func (c comparison) trouble(k Kernel) error {
	if !(c.nmse <= k.Tolerance) {
		return fmt.Errorf("kernel %s: %s %v differs from its twin: normalized mean square error %.2g, allowed %.2g",
			k.Name, c.worst.Name, c.worst.Shape, c.nmse, k.Tolerance)
	}
	return c.outside
}

// compareWithTwin runs op n on the device and by its twin, from the same contents.
func (p *Program) compareWithTwin(n int, o op, before *contents, twin hostWork) (c comparison, err error) {
	if twin == nil {
		return c, fmt.Errorf("kernel %s has no twin", o.kernel.Name)
	}
	if c.seconds, err = p.runAlone(n); err != nil {
		return c, err
	}
	after, err := p.reread(before)
	if err != nil {
		return c, err
	}
	args := before.args(o)
	chosen := twin(args)
	c.got, c.want = make([][]float32, len(o.args)), make([][]float32, len(o.args))
	for i, a := range o.args {
		if !o.writes(i) {
			continue
		}
		c.got[i], c.want[i] = after[a.mem][a.offset:a.offset+a.Len()], args[i]
		c.add(a, c.got[i], c.want[i], chosen[i])
	}
	c.outside = before.intact(o, after)
	return c, nil
}

// add compares one tensor, or only the chosen elements of it.
func (c *comparison) add(t Tensor, got, want []float32, chosen []int) {
	var e float64
	if chosen == nil {
		e = NMSE(got, want)
		c.outputs += len(got)
	} else {
		var s squares
		for _, i := range chosen {
			s.add(got[i], want[i])
		}
		e = s.ratio()
		c.outputs += len(chosen)
	}
	for _, v := range got {
		if !finite(v) {
			c.nonFinite++
		}
	}
	if c.worst.IsZero() || !(e <= c.nmse) && !math.IsNaN(c.nmse) {
		c.worst, c.nmse = t, e
	}
}

// finite tells whether v is neither NaN nor infinite.
func finite(v float32) bool { return math.Float32bits(v)&0x7f800000 != 0x7f800000 }

// runAlone runs op n by itself and says how long that took, compiling included where the driver does it then.
func (p *Program) runAlone(n int) (seconds float64, err error) {
	d := p.dev
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.backlog.drain(false); err != nil {
		return 0, err
	}
	start := time.Now()
	if err := p.submit(n, n+1, submission{cost: p.ops[n].cost(), cold: true}); err != nil {
		return 0, err
	}
	if err := d.backlog.drain(false); err != nil {
		return 0, err
	}
	if pipe := p.built.ops[n].pipe; pipe != nil {
		pipe.ran = true
	}
	return time.Since(start).Seconds(), nil
}
