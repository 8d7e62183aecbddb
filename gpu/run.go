package gpu

import (
	"context"
	"errors"
	"fmt"

	"github.com/cogentcore/webgpu/wgpu"
)

var errNotBuilt = errors.New("the program is not built")

// submissionSeconds is the time that a submission should take: far below a driver's watchdog of 2 seconds, long beside
// the cost of submitting. Metal ends submissions sooner that keep the screen waiting.
const (
	submissionSeconds = 0.15
	metalSeconds      = 0.05
)

// cost guesses an op's weight, in flops: small ops are bound by their launch, others by arithmetic or memory.
func (o op) cost() float64 {
	bytes := 0
	for _, a := range o.args {
		bytes += a.bytes()
	}
	return float64(o.kernel.Flops) + costOf(bytes)
}

// costOf is the weight of moving bytes, in flops.
func costOf(bytes int) float64 { return 2*float64(bytes) + 5e4 }

// Run submits the whole program, in submissions of about 150 ms, on Metal 50, by the device's measured rate. It does not
// wait for the last ones: reading a tensor does.
func (p *Program) Run() error { return p.RunContext(context.Background()) }

// RunContext is Run, which ends between two submissions with ctx's error when ctx does. What the rest of the program would
// have written is then as it was before.
func (p *Program) RunContext(ctx context.Context) error {
	if p.err != nil {
		return p.err
	}
	if p.dev == nil {
		return errNotBuilt
	}
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	return p.run(ctx, 0, len(p.ops))
}

// run submits ops [from, end). d.mu is held.
func (p *Program) run(ctx context.Context, from, end int) error {
	for from < end {
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.cold(from) {
			if err := p.warm(from); err != nil {
				return err
			}
			from++
			continue
		}
		b := &p.dev.backlog
		budget, spent, to := b.rate*b.seconds, 0.0, from
		for to < end && (to == from || spent+p.ops[to].cost() <= budget && !p.cold(to)) {
			spent += p.ops[to].cost()
			to++
		}
		if err := p.submit(from, to, submission{cost: spent}); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// cold tells whether op n is the first of its kernel on the device.
func (p *Program) cold(n int) bool {
	pipe := p.built.ops[n].pipe
	return pipe != nil && !pipe.ran
}

// warm runs op n, the first of its kernel, by itself. Drivers may compile a kernel only then: with others of its
// kind in one submission that would pass a watchdog, and the measured rate would be the compiler's.
func (p *Program) warm(n int) error {
	if err := p.dev.backlog.drain(false); err != nil {
		return err
	}
	p.built.ops[n].pipe.ran = true
	if err := p.submit(n, n+1, submission{cost: p.ops[n].cost(), cold: true}); err != nil {
		return err
	}
	return p.dev.backlog.drain(false)
}

// submit sends ops [from, to) and waits while too much is in flight. d.mu is held.
func (p *Program) submit(from, to int, s submission) error {
	s.what, p.dev.canary.program = "program "+p.Name, p.Name
	return p.dev.submit(s, func(enc *wgpu.CommandEncoder) error { return p.encode(enc, from, to, 1) })
}

// encode records ops [from, to), that many times: dispatches share a pass until a copy comes between.
func (p *Program) encode(enc *wgpu.CommandEncoder, from, to, times int) error {
	var pass *wgpu.ComputePassEncoder
	end := func() error {
		if pass == nil {
			return nil
		}
		err := pass.End() // names the kernel; Finish says only that the encoder is invalid
		pass.Release()
		pass = nil
		if err != nil {
			return fmt.Errorf("program %s: %w", p.Name, err)
		}
		return nil
	}
	for k := range times * (to - from) {
		n := from + k%(to-from)
		o := p.ops[n]
		if o.kind == dispatch {
			if pass == nil {
				pass = enc.BeginComputePass(nil)
			}
			b := p.built.ops[n]
			pass.SetPipeline(b.pipe.raw)
			pass.SetBindGroup(0, b.group, nil)
			g := o.kernel.Groups
			pass.DispatchWorkgroups(uint32(g[0]), uint32(g[1]), uint32(g[2]))
			continue
		}
		if err := end(); err != nil {
			return err
		}
		t := o.args[0]
		var err error
		if o.kind == stage {
			err = p.encodeStage(enc, o)
		} else {
			err = enc.ClearBuffer(p.bufferOf(t).raw, uint64(4*t.offset), uint64(roundUp(4*t.Len(), 4)))
		}
		if err != nil {
			return fmt.Errorf("program %s, tensor %s: %w", p.Name, t.Name, err)
		}
	}
	return end()
}

// encodeStage copies a tensor into its texture.
func (p *Program) encodeStage(enc *wgpu.CommandEncoder, o op) error {
	t, tex := o.args[0], p.built.textures[o.stage.slot]
	for _, c := range stageCopies(t) {
		dst := tex.raw.AsImageCopy()
		dst.Origin.Y = uint32(c.row)
		err := enc.CopyBufferToTexture(&wgpu.ImageCopyBuffer{
			Buffer: p.bufferOf(t).raw,
			Layout: wgpu.TextureDataLayout{Offset: uint64(c.offset), BytesPerRow: uint32(c.pitch), RowsPerImage: uint32(c.height)},
		}, dst, &wgpu.Extent3D{Width: uint32(c.width), Height: uint32(c.height), DepthOrArrayLayers: 1})
		if err != nil {
			return err
		}
	}
	return nil
}
