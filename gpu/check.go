package gpu

import (
	"fmt"
	"math"

	"github.com/cogentcore/webgpu/wgpu"
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
	host := make([][]float32, len(o.args))
	for i, a := range o.args {
		host[i] = make([]float32, a.Len())
		if err := p.Read(a, host[i]); err != nil {
			return err
		}
	}
	around, err := p.guard(o)
	if err != nil {
		return err
	}
	p.dev.mu.Lock()
	err = p.submit(n, n+1, o.cost())
	p.dev.mu.Unlock()
	if err != nil || o.kind != dispatch {
		return err
	}
	if o.kernel.Twin == nil {
		return fmt.Errorf("kernel %s has no twin", o.kernel.Name)
	}
	o.kernel.Twin(host)
	for i, a := range o.args {
		got := make([]float32, a.Len())
		if err := p.Read(a, got); err != nil {
			return err
		}
		if e := NMSE(got, host[i]); !(e <= o.kernel.Tolerance) {
			return fmt.Errorf("kernel %s: %s %v differs from its twin: normalised mean square error %.2g, allowed %.2g",
				o.kernel.Name, a.Name, a.Shape, e, o.kernel.Tolerance)
		}
	}
	return around.intact(p, o)
}

// sentinel fills what lies behind a written scratch tensor in its buffer.
const sentinel = 12345.678

// guarded is what the buffers of an op's written tensors held before it ran.
type guarded map[*memory][]float32

// guard puts sentinels behind the scratch tensors that o writes and remembers what surrounds all it writes.
func (p *Program) guard(o op) (guarded, error) {
	g := guarded{}
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	for i, a := range o.args {
		if o.kind != dispatch || o.kernel.facts().bindings[i].access != readWrite {
			continue
		}
		b := p.bufferOf(a)
		if !a.mem.kept {
			behind := make([]float32, b.bytes/4-a.mem.elements)
			for k := range behind {
				behind[k] = sentinel
			}
			if len(behind) > 0 {
				if err := p.dev.upload(b, 4*a.mem.elements, wgpu.ToBytes(behind)); err != nil {
					return nil, err
				}
			}
		}
		g[a.mem] = make([]float32, b.bytes/4)
		if err := p.dev.read(b, wholeOf(a.mem, b), g[a.mem]); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// intact tells whether o left everything beside its tensors as it was.
func (g guarded) intact(p *Program, o op) error {
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	for m, before := range g {
		inside := make([]bool, len(before))
		var b *buffer
		for _, a := range o.args {
			if a.mem == m {
				b = p.bufferOf(a)
				for k := range a.Len() {
					inside[a.offset+k] = true
				}
			}
		}
		after := make([]float32, len(before))
		if err := p.dev.read(b, wholeOf(m, b), after); err != nil {
			return err
		}
		for k := range after {
			if !inside[k] && math.Float32bits(after[k]) != math.Float32bits(before[k]) {
				return fmt.Errorf("kernel %s wrote outside its tensors: element %d of the memory of %s changed from %g to %g",
					o.kernel.Name, k, m.name, before[k], after[k])
			}
		}
	}
	return nil
}

// wholeOf names all of a buffer, the part behind the tensors included.
func wholeOf(m *memory, b *buffer) Tensor {
	return Tensor{Name: m.name, Shape: []int{b.bytes / 4}, mem: m}
}

// NMSE is the mean square of got - want over the mean square of want. Elements with the same bits agree,
// whatever they are; a NaN or infinity on one side alone gives NaN.
func NMSE(got, want []float32) float64 {
	var e, w float64
	for i := range got {
		if math.Float32bits(got[i]) == math.Float32bits(want[i]) {
			if d := float64(want[i]); !math.IsNaN(d) && !math.IsInf(d, 0) && math.Abs(d) > 1e-37 {
				w += d * d
			}
			continue
		}
		d := float64(got[i]) - float64(want[i])
		e += d * d
		w += float64(want[i]) * float64(want[i])
	}
	switch {
	case e == 0:
		return 0
	case w == 0:
		return math.Inf(1)
	}
	return e / w
}
