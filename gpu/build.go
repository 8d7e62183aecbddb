package gpu

import (
	"fmt"

	"github.com/cogentcore/webgpu/wgpu"
)

// built is what a program holds on a device.
type built struct {
	slots    []*buffer
	textures []*texture
	params   *buffer
	ops      []builtOp
}

type builtOp struct {
	pipe  *pipeline
	group *wgpu.BindGroup
}

type texture struct {
	raw   *wgpu.Texture
	view  *wgpu.TextureView
	bytes int
}

// paramStride is the alignment at which uniforms can be bound.
const paramStride = 256

// Build makes the program's memory, kernels and bind groups on d. Kept tensors get their memory, filled with
// zeros, when the first program that uses them is built.
func (p *Program) Build(d *Device) error {
	if p.err != nil {
		return p.err
	}
	if p.dev != nil {
		return fmt.Errorf("program %s was built before", p.Name)
	}
	p.memory = p.assign()
	d.mu.Lock()
	defer d.mu.Unlock()
	p.dev = d
	if err := p.build(); err != nil {
		p.releaseLocked()
		return fmt.Errorf("program %s: %w", p.Name, err)
	}
	return nil
}

func (p *Program) build() error {
	d := p.dev
	for i, bytes := range p.memory.slots {
		b, err := d.newBuffer(fmt.Sprintf("scratch %d", i), bytes, storageUsage)
		if err != nil {
			return err
		}
		p.built.slots = append(p.built.slots, b)
	}
	for _, o := range p.ops {
		for _, a := range o.args {
			if !a.mem.kept {
				continue
			}
			if err := d.allocate(a.mem); err != nil {
				return err
			}
		}
	}
	for _, c := range p.fixed {
		if err := d.allocate(c.tensor.mem); err != nil {
			return err
		}
		if err := d.upload(c.tensor.mem.buffer, 0, wgpu.ToBytes(c.values)); err != nil {
			return err
		}
	}
	for _, size := range p.memory.textures {
		t, err := d.newTexture(size)
		if err != nil {
			return err
		}
		p.built.textures = append(p.built.textures, t)
	}
	if err := p.buildParams(); err != nil {
		return err
	}
	params := 0 // the byte at which the op's block starts
	for _, o := range p.ops {
		var b builtOp
		if o.kind == dispatch {
			var err error
			if b, err = p.buildOp(o, params); err != nil {
				return err
			}
			params += paramStride
		}
		p.built.ops = append(p.built.ops, b)
	}
	return p.clearSlots()
}

func (d *Device) allocate(m *memory) error {
	if m.buffer != nil {
		if m.buffer.d != d {
			return fmt.Errorf("tensor %s lives on another device", m.name)
		}
		return nil
	}
	b, err := d.newBuffer(m.name, memoryBytes(m), storageUsage)
	if err != nil {
		return err
	}
	m.buffer = b
	return d.clear(b)
}

func (d *Device) newTexture(size textureSize) (*texture, error) {
	raw, err := d.dev.CreateTexture(&wgpu.TextureDescriptor{
		Label: "staged", Usage: wgpu.TextureUsageTextureBinding | wgpu.TextureUsageCopyDst, Dimension: wgpu.TextureDimension2D,
		Size:   wgpu.Extent3D{Width: uint32(size.width), Height: uint32(size.height), DepthOrArrayLayers: 1},
		Format: wgpu.TextureFormatRGBA32Float, MipLevelCount: 1, SampleCount: 1,
	})
	if err != nil {
		return nil, d.notMade("a texture", size.bytes(), err)
	}
	view, err := raw.CreateView(nil)
	if err != nil {
		raw.Release()
		return nil, err
	}
	t := &texture{raw: raw, view: view, bytes: size.bytes()}
	d.allocated += t.bytes
	return t, nil
}

// nearestSampler is the one sampler that kernels use. d.mu is held.
func (d *Device) nearestSampler() (*wgpu.Sampler, error) {
	if d.sampler != nil {
		return d.sampler, nil
	}
	var err error
	d.sampler, err = d.dev.CreateSampler(&wgpu.SamplerDescriptor{
		Label: "nearest", AddressModeU: wgpu.AddressModeClampToEdge, AddressModeV: wgpu.AddressModeClampToEdge,
		AddressModeW: wgpu.AddressModeClampToEdge, MagFilter: wgpu.FilterModeNearest, MinFilter: wgpu.FilterModeNearest,
		MipmapFilter: wgpu.MipmapFilterModeNearest, MaxAnisotropy: 1,
	})
	return d.sampler, err
}

func (p *Program) buildParams() error {
	params := make([]byte, 0, paramStride*len(p.ops))
	for _, o := range p.ops {
		if o.kind == dispatch {
			block := make([]byte, paramStride)
			copy(block, wgpu.ToBytes(o.kernel.Params))
			params = append(params, block...)
		}
	}
	if len(params) == 0 {
		return nil
	}
	b, err := p.dev.newBuffer("params", len(params), wgpu.BufferUsageUniform|wgpu.BufferUsageCopyDst)
	if err != nil {
		return err
	}
	p.built.params = b
	return p.dev.upload(b, 0, params)
}

// buildOp makes the pipeline and bind group of dispatch o, whose params start at byte params.
func (p *Program) buildOp(o op, params int) (builtOp, error) {
	pipe, err := p.dev.pipeline(o.kernel)
	if err != nil {
		return builtOp{}, err
	}
	var entries []wgpu.BindGroupEntry
	for i, a := range o.args {
		e := wgpu.BindGroupEntry{Binding: uint32(i)}
		if s := o.staged[i]; s != nil {
			e.TextureView = p.built.textures[s.slot].view
		} else {
			e.Buffer, e.Offset, e.Size = p.bufferOf(a).raw, uint64(4*a.offset), uint64(a.bytes())
		}
		entries = append(entries, e)
	}
	for i, b := range o.kernel.facts().bindings[len(o.args):] {
		e := wgpu.BindGroupEntry{Binding: uint32(len(o.args) + i)}
		if b.access == sampler {
			if e.Sampler, err = p.dev.nearestSampler(); err != nil {
				return builtOp{}, fmt.Errorf("kernel %s: %w", o.kernel.Name, err)
			}
		} else {
			e.Buffer, e.Offset, e.Size = p.built.params.raw, uint64(params), uint64(roundUp(4*len(o.kernel.Params), 16))
		}
		entries = append(entries, e)
	}
	group, err := p.dev.dev.CreateBindGroup(&wgpu.BindGroupDescriptor{Label: o.kernel.Name, Layout: pipe.layout, Entries: entries})
	if err != nil {
		return builtOp{}, fmt.Errorf("kernel %s: %w", o.kernel.Name, err)
	}
	return builtOp{pipe: pipe, group: group}, nil
}

func (p *Program) bufferOf(t Tensor) *buffer {
	if t.mem.kept {
		return t.mem.buffer
	}
	return p.built.slots[p.memory.slotOf[t.mem]]
}

// clearSlots touches each new buffer once: after writes at dynamic offsets wgpu would zero the parts that it takes for
// uninitialized.
func (p *Program) clearSlots() error {
	for _, b := range p.built.slots {
		if err := p.dev.clear(b); err != nil {
			return err
		}
	}
	return nil
}

// Release gives the program's own memory back; kept tensors stay.
func (p *Program) Release() {
	if p.dev == nil {
		return
	}
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	_ = p.dev.backlog.drain(false) // a device that failed runs nothing any more
	p.releaseLocked()
}

func (p *Program) releaseLocked() {
	for _, o := range p.built.ops {
		if o.group != nil {
			o.group.Release()
		}
	}
	for _, t := range p.built.textures {
		t.view.Release()
		t.raw.Release()
		p.dev.allocated -= t.bytes
	}
	for _, b := range p.built.slots {
		b.releaseLocked()
	}
	if p.built.params != nil {
		p.built.params.releaseLocked()
	}
	for _, c := range p.fixed {
		if c.tensor.mem.buffer != nil {
			c.tensor.mem.buffer.releaseLocked()
			c.tensor.mem.buffer = nil
		}
	}
	p.built, p.dev = built{}, nil
}
