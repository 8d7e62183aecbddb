package gpu

import (
	_ "embed"

	"github.com/cogentcore/webgpu/wgpu"
)

//go:embed canary.wgsl
var canaryText string

// A canary counts the submissions that ran, on the device, and those that were made, on the host. Some drivers drop a
// submission that fails and tell nobody; the counts differ then.
type canary struct {
	made uint32

	count   *wgpu.Buffer
	pipe    *pipeline
	group   *wgpu.BindGroup
	program string // the last that was submitted
}

// canaryBytes is the size of the count.
const canaryBytes = 4

// openCanary makes the counter. d.mu need not be held: nobody else has d yet.
func (d *Device) openCanary() error {
	c := &d.canary
	var err error
	c.pipe, err = d.pipeline(Kernel{Name: "canary", Source: canaryText})
	if err != nil {
		return err
	}
	if c.count, err = d.newRaw("a counter", canaryBytes, storageUsage); err != nil {
		return err
	}
	c.group, err = d.dev.CreateBindGroup(&wgpu.BindGroupDescriptor{
		Label: "canary", Layout: c.pipe.layout,
		Entries: []wgpu.BindGroupEntry{{Binding: 0, Buffer: c.count, Size: canaryBytes}},
	})
	return err
}

// encode records the counting.
func (c *canary) encode(enc *wgpu.CommandEncoder) error {
	pass := enc.BeginComputePass(nil)
	defer pass.Release()
	pass.SetPipeline(c.pipe.raw)
	pass.SetBindGroup(0, c.group, nil)
	pass.DispatchWorkgroups(1, 1, 1)
	return pass.End()
}

// copyTo records a copy of the device's count, as it is before this submission counts itself.
func (c *canary) copyTo(enc *wgpu.CommandEncoder, to *wgpu.Buffer, offset int) error {
	return enc.CopyBufferToBuffer(c.count, 0, to, uint64(offset), canaryBytes)
}

// checkCount compares what the device had counted with the submissions made until then.
func (d *Device) checkCount(counted, made uint32) error {
	if counted != made {
		d.backlog.fail(dropped(d.canary.program, counted, made))
	}
	return d.backlog.failed
}

func (c *canary) release() {
	if c.group != nil {
		c.group.Release()
	}
	if c.count != nil {
		c.count.Release()
	}
}
