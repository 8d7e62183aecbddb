package gpu

import "fmt"

// A Program is an ordered list of dispatches and copies, recorded once, without a device, and run many times.
// The first error of recording sticks; Err, Plan and Build return it. It is a [LimitError] where a limit is passed.
type Program struct {
	Name   string
	Target Target

	ops     []op
	err     error
	section string // of the ops recorded next
	scratch []*memory
	pinned  map[*memory]bool
	writes  map[*memory][]Tensor // what ops wrote of a memory, op by op
	derived map[derivedKey]derivedTensor
	fixed   []constant

	dev    *Device
	memory plan
	built  built
}

type opKind int

const (
	dispatch opKind = iota
	stage           // copies a tensor into a texture
	clearOp         // fills a tensor with zeros
)

type op struct {
	kind    opKind
	section string
	kernel  Kernel
	args    []Tensor
	staged  []*staged // of each argument; nil where it is bound as a buffer
	stage   *staged
}

// staged is a tensor's copy in a texture; Fold says how it lies there.
type staged struct {
	of      Tensor
	first   int // op that makes it
	last    int // op that reads it last
	version int
	slot    int
}

type derivedKey struct {
	mem    *memory
	offset int
	len    int
	key    string
}

type derivedTensor struct {
	version int
	tensor  Tensor
	staged  *staged
}

// NewProgram starts a program.
func NewProgram(name string, target Target) *Program {
	return &Program{
		Name: name, Target: target, pinned: map[*memory]bool{},
		writes: map[*memory][]Tensor{}, derived: map[derivedKey]derivedTensor{},
	}
}

// Err is the first error of recording.
func (p *Program) Err() error { return p.err }

// Fail records an error of recording; the first one sticks.
func (p *Program) Fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("program %s: "+format, append([]any{p.Name}, args...)...)
	}
}

// Section labels the ops recorded until end is called, for timing ("matmul", "attention"). Where sections nest, the
// innermost counts. A function that is one section begins with
//
//	defer p.Section("matmul")()
func (p *Program) Section(label string) (end func()) {
	outer := p.section
	p.section = label
	return func() { p.section = outer }
}

// Scratch names a tensor that lives from the first op that uses it to the last; others reuse its memory.
func (p *Program) Scratch(name string, shape ...int) Tensor {
	t := Tensor{Name: name, Shape: shape}
	for _, d := range shape {
		if d < 1 {
			p.Fail("tensor %s has the shape %v", name, shape)
		}
	}
	t.mem = &memory{name: name, elements: t.Len()}
	p.scratch = append(p.scratch, t.mem)
	return t
}

// constant is a tensor whose contents Build uploads.
type constant struct {
	tensor Tensor
	values []float32
}

// Constant names a tensor that always holds values.
func (p *Program) Constant(name string, values []float32, shape ...int) Tensor {
	t := NewTensor(name, shape...)
	if len(values) != t.Len() {
		p.Fail("constant %s %v was given %d values", name, shape, len(values))
	}
	p.fixed = append(p.fixed, constant{t, values})
	return t
}

// Pin keeps a scratch tensor's memory for itself, so that it can be read after a run.
func (p *Program) Pin(t Tensor) Tensor {
	p.pinned[t.mem] = true
	return t
}

// Dispatch records one run of k. Arguments follow the order of the source's bindings; where the source binds
// a texture, the tensor is staged into one first, unless it was staged already since it was last written.
func (p *Program) Dispatch(k Kernel, args ...Tensor) {
	if p.err != nil {
		return
	}
	if err := k.check(args, p.Target.binding()); err != nil {
		p.Fail("%w", err)
		return
	}
	f := k.facts()
	o := op{kind: dispatch, section: p.section, kernel: k, args: args, staged: make([]*staged, len(args))}
	for i, a := range args {
		if f.bindings[i].access == texel {
			o.staged[i] = p.stageOnce(a)
		}
	}
	for _, s := range o.staged {
		if s != nil {
			s.last = len(p.ops)
		}
	}
	for i, a := range args {
		if f.bindings[i].access == readWrite {
			p.writes[a.mem] = append(p.writes[a.mem], a)
		}
	}
	p.ops = append(p.ops, o)
}

// Clear records that t is filled with zeros.
func (p *Program) Clear(t Tensor) {
	if t.offset%Align != 0 {
		p.Fail("clear: tensor %s starts at element %d, not at a multiple of %d", t.Name, t.offset, Align)
		return
	}
	p.writes[t.mem] = append(p.writes[t.mem], t)
	p.ops = append(p.ops, op{kind: clearOp, section: p.section, args: []Tensor{t}})
}

// version counts the ops that wrote t or a part of it.
func (p *Program) version(t Tensor) int {
	n := 0
	for _, w := range p.writes[t.mem] {
		if overlap(w, t) {
			n++
		}
	}
	return n
}

func (p *Program) stageOnce(t Tensor) *staged {
	if p.Target.DX12 && 4*t.offset%dx12Copy != 0 {
		p.Fail("tensor %s starts at byte %d, and by DX12 a copy into a texture begins at a multiple of %d: kernels that read no "+
			"textures do not need it (`matmul` register)", t.Name, 4*t.offset, dx12Copy)
	}
	key := derivedKey{t.mem, t.offset, t.Len(), fmt.Sprintf("texture of %d columns", t.Cols())}
	if d, ok := p.derived[key]; ok && d.version == p.version(t) {
		return d.staged
	}
	s := &staged{of: t, first: len(p.ops), version: p.version(t)}
	p.derived[key] = derivedTensor{version: s.version, staged: s}
	p.ops = append(p.ops, op{kind: stage, section: p.section, args: []Tensor{t}, stage: s})
	return s
}

// Derived returns the tensor that record made from t under this key, recording it again only when t was
// written since: a padded copy of a weight is made once per run.
func (p *Program) Derived(t Tensor, key string, record func() Tensor) Tensor {
	k := derivedKey{t.mem, t.offset, t.Len(), key}
	if d, ok := p.derived[k]; ok && d.version == p.version(t) {
		return d.tensor
	}
	made := record()
	p.derived[k] = derivedTensor{version: p.version(t), tensor: made}
	return made
}

// Dispatches is the number of dispatches and copies of one run.
func (p *Program) Dispatches() int { return len(p.ops) }

// Flops is the arithmetic of one run, 2 per multiply-add.
func (p *Program) Flops() int {
	n := 0
	for _, o := range p.ops {
		n += o.kernel.Flops
	}
	return n
}

// Each calls f with the kernel and the tensors of every dispatch, in their order.
func (p *Program) Each(f func(k Kernel, args []Tensor)) {
	for _, o := range p.ops {
		if o.kind == dispatch {
			f(o.kernel, o.args)
		}
	}
}

// Kernels lists the distinct kernels of the program, by source.
func (p *Program) Kernels() []Kernel {
	seen := map[string]bool{}
	var ks []Kernel
	p.Each(func(k Kernel, _ []Tensor) {
		if !seen[k.Source] {
			seen[k.Source] = true
			ks = append(ks, k)
		}
	})
	return ks
}
