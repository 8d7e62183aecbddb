package gpu

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cogentcore/webgpu/wgpu"
)

// ErrNoAdapter says that no driver offers a GPU, and what to install.
var ErrNoAdapter = errors.New("no GPU adapter found: install your GPU's Vulkan driver, or the software one " +
	"(Debian, Ubuntu: apt install libvulkan1 mesa-vulkan-drivers; Fedora: dnf install vulkan-loader mesa-vulkan-drivers; " +
	"Arch: pacman -S vulkan-icd-loader vulkan-swrast); macOS brings Metal, and Windows DX12, with the system")

// A Device is one opened adapter: it holds the queue and every kernel compiled so far.
// Its methods may be called from several goroutines; they run one at a time.
type Device struct {
	Adapter Adapter

	mu        sync.Mutex // WebGPU's error scopes are per device and cross over between goroutines
	dev       *wgpu.Device
	queue     *wgpu.Queue
	pipelines map[string]*pipeline
	sampler   *wgpu.Sampler
	allocated int // bytes of buffers and textures alive
	staging   *wgpu.Buffer
	stagingN  int
	backlog   backlog
	canary    canary
	uploads   uploads
	submitted time.Time // last
}

// Open opens the adapter of that index or name, or the best one when name is empty.
func Open(name string) (*Device, error) {
	a, err := choose(Adapters(), name)
	if err != nil {
		return nil, err
	}
	limits := a.limits
	limits.MaxPushConstantSize = 0 // the binding leaves garbage here
	limits.MaxStorageBufferBindingSize = min(limits.MaxStorageBufferBindingSize, 1<<32-1)
	dev, err := a.handle.RequestDevice(&wgpu.DeviceDescriptor{
		Label:          "dinogpu",
		RequiredLimits: &wgpu.RequiredLimits{Limits: limits},
	})
	if err != nil {
		return nil, fmt.Errorf("adapter %s (%s) did not open: %w; update its driver, or name another in `adapter`", a.Name, a.Backend, err)
	}
	d := &Device{Adapter: a, dev: dev, queue: dev.GetQueue(), pipelines: map[string]*pipeline{}}
	d.backlog = d.newBacklog()
	if err := d.openCanary(); err != nil {
		d.giveBack()
		return nil, fmt.Errorf("adapter %s (%s): %w", a.Name, a.Backend, err)
	}
	return d, nil
}

// Target is what programs for this device should be recorded for.
func (d *Device) Target() Target {
	if d.Adapter.Software {
		return SoftwareTarget
	}
	t := GPUTarget
	t.Variant = UsualVariant(d.Adapter.card.vendor)
	return t
}

// Allocated is the bytes of buffers and textures alive on the device.
func (d *Device) Allocated() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.allocated
}

// Close gives everything back. Programs and tensors of the device must have been released. A device that failed is left as it
// is: to give it back could take for ever.
func (d *Device) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	// small uploads that no submission took would stay for the process's next device and end the process
	err := d.submit(submission{what: "closing"}, func(*wgpu.CommandEncoder) error { return nil })
	if err == nil {
		err = d.backlog.drain(false)
	}
	if err == nil {
		d.giveBack()
	}
}

// giveBack releases what the device holds; it is idle.
func (d *Device) giveBack() {
	if d.staging != nil {
		d.staging.Release()
	}
	d.uploads.releaseFree()
	d.canary.release()
	for _, p := range d.pipelines {
		p.release()
	}
	if d.sampler != nil {
		d.sampler.Release()
	}
	d.queue.Release()
	d.dev.Release()
	d.Adapter.handle.Release()
}

// buffer is device memory.
type buffer struct {
	d     *Device
	raw   *wgpu.Buffer
	bytes int
}

// newBuffer makes a zeroed buffer, or returns a LimitError or a MemoryError. d.mu is held.
func (d *Device) newBuffer(name string, bytes int, usage wgpu.BufferUsage) (*buffer, error) {
	if bytes > d.Adapter.Limits.Buffer {
		return nil, &LimitError{Tensor: name, Resource: "bytes in one buffer of this adapter", Need: bytes, Limit: d.Adapter.Limits.Buffer}
	}
	raw, err := d.dev.CreateBuffer(&wgpu.BufferDescriptor{Label: name, Size: uint64(bytes), Usage: usage})
	if err != nil {
		return nil, d.notMade(name, bytes, err)
	}
	d.allocated += bytes
	return &buffer{d: d, raw: raw, bytes: bytes}, nil
}

func (b *buffer) release() {
	b.d.mu.Lock()
	defer b.d.mu.Unlock()
	b.releaseLocked()
}

func (b *buffer) releaseLocked() {
	if b.d.uploads.waitsFor(b) {
		_ = b.d.flush() // an error sticks, or is of what nobody reads any more
	}
	b.raw.Release()
	b.d.allocated -= b.bytes
}

const storageUsage = wgpu.BufferUsageStorage | wgpu.BufferUsageCopyDst | wgpu.BufferUsageCopySrc
