package gpu

import (
	"fmt"
	"math"
	"slices"

	"github.com/cogentcore/webgpu/wgpu"
)

// sentinel fills the part of a buffer behind a written scratch tensor.
const sentinel = 12345.678

// contents are the values that an op finds on the device: all of the memory that it writes to, and the tensors that it
// only reads.
type contents struct {
	written map[*memory][]float32
	read    [][]float32 // of each argument; nil where it is written
}

// writes tells whether o writes to its argument i.
func (o op) writes(i int) bool {
	switch o.kind {
	case dispatch:
		return o.kernel.facts().bindings[i].access == readWrite
	case clearOp:
		return true
	}
	return false
}

// contents puts sentinels behind the scratch tensors that o writes, and reads the values that o will find.
func (p *Program) contents(o op) (*contents, error) {
	c := &contents{written: map[*memory][]float32{}, read: make([][]float32, len(o.args))}
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	for i, a := range o.args {
		b := p.bufferOf(a)
		if !o.writes(i) {
			c.read[i] = make([]float32, a.Len())
			if err := p.dev.read(b, a, c.read[i]); err != nil {
				return nil, err
			}
			continue
		}
		if c.written[a.mem] != nil {
			continue
		}
		if behind := b.bytes/4 - a.mem.elements; !a.mem.kept && behind > 0 {
			v := make([]float32, behind)
			for k := range v {
				v[k] = sentinel
			}
			if err := p.dev.upload(b, 4*a.mem.elements, wgpu.ToBytes(v)); err != nil {
				return nil, err
			}
		}
		c.written[a.mem] = make([]float32, b.bytes/4)
		if err := p.dev.read(b, wholeOf(a.mem, b), c.written[a.mem]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// args are o's tensors as they were; those that o writes are copies, for a twin to write to.
func (c *contents) args(o op) [][]float32 {
	args := make([][]float32, len(o.args))
	for i, a := range o.args {
		if args[i] = c.read[i]; args[i] == nil {
			args[i] = slices.Clone(c.written[a.mem][a.offset : a.offset+a.Len()])
		}
	}
	return args
}

// reread reads the memory that is written to once more.
func (p *Program) reread(c *contents) (map[*memory][]float32, error) {
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	after := map[*memory][]float32{}
	for m, before := range c.written {
		b := p.bufferOf(Tensor{mem: m})
		after[m] = make([]float32, len(before))
		if err := p.dev.read(b, wholeOf(m, b), after[m]); err != nil {
			return nil, err
		}
	}
	return after, nil
}

// intact tells whether o left everything beside its tensors as it was.
func (c *contents) intact(o op, after map[*memory][]float32) error {
	for m, before := range c.written {
		type span struct{ from, to int }
		var inside []span
		for _, a := range o.args {
			if a.mem == m {
				inside = append(inside, span{a.offset, a.offset + a.Len()})
			}
		}
		slices.SortFunc(inside, func(a, b span) int { return a.from - b.from })
		inside = append(inside, span{len(before), len(before)})
		at := 0
		for _, s := range inside {
			for k := at; k < s.from; k++ {
				if math.Float32bits(after[m][k]) != math.Float32bits(before[k]) {
					return fmt.Errorf("kernel %s wrote outside its tensors: element %d of the memory of %s changed from %g to %g",
						o.name(), k, m.name, before[k], after[m][k])
				}
			}
			at = max(at, s.to)
		}
	}
	return nil
}

// name is the kernel's, or "stage" or "clear".
func (o op) name() string {
	switch o.kind {
	case stage:
		return "stage"
	case clearOp:
		return "clear"
	}
	return o.kernel.Name
}

// wholeOf names all of a buffer, the part behind the tensors included.
func wholeOf(m *memory, b *buffer) Tensor {
	return Tensor{Name: m.name, Shape: []int{b.bytes / 4}, mem: m}
}
