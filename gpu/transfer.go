package gpu

import (
	"fmt"
	"unsafe"

	"github.com/cogentcore/webgpu/wgpu"
)

// Bits sees float32 elements as the uint32 patterns that kernels with u32 tensors use. It shares memory.
func Bits(v []float32) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
}

// floats sees uint32 patterns as float32 elements. It shares memory.
func floats(v []uint32) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
}

// Write uploads v into a kept tensor, whose memory is made if no program did yet.
func (d *Device) Write(t Tensor, v []float32) error {
	if len(v) != t.Len() {
		return fmt.Errorf("tensor %s %v takes %d values, %d were given", t.Name, t.Shape, t.Len(), len(v))
	}
	return d.WriteBytes(t, 0, wgpu.ToBytes(v))
}

// WriteBits uploads uint32 elements.
func (d *Device) WriteBits(t Tensor, v []uint32) error { return d.Write(t, floats(v)) }

// WriteBytes uploads bytes into a kept tensor of any elements, from byte `offset` on, a multiple of 4: the slices of data
// one behind the other, each of any length. Kernels see four bytes as a little endian element; where data
// ends within an element, the rest of that element becomes 0. It is for data that is not float32, such as image bytes.
func (d *Device) WriteBytes(t Tensor, offset int, data ...[]byte) error {
	n := 0
	for _, part := range data {
		n += len(part)
	}
	switch {
	case offset < 0 || offset%4 != 0:
		return fmt.Errorf("tensor %s %v cannot be written from byte %d on: that is not a multiple of 4", t.Name, t.Shape, offset)
	case offset+n > 4*t.Len():
		return fmt.Errorf("tensor %s %v has %d bytes: %d from byte %d on do not fit", t.Name, t.Shape, 4*t.Len(), n, offset)
	case !t.mem.kept:
		return fmt.Errorf("tensor %s is scratch: only kept tensors can be written from the host", t.Name)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.allocate(t.mem); err != nil {
		return err
	}
	return d.upload(t.mem.buffer, 4*t.offset+offset, data...)
}

// clear fills a buffer with zeros. d.mu is held.
func (d *Device) clear(b *buffer) error {
	return d.submit(submission{what: "clearing memory", cost: costOf(b.bytes)}, func(enc *wgpu.CommandEncoder) error {
		return enc.ClearBuffer(b.raw, 0, uint64(b.bytes))
	})
}

// Read waits for the device and copies a kept tensor into v.
func (d *Device) Read(t Tensor, v []float32) error {
	if !t.mem.kept {
		return fmt.Errorf("tensor %s is scratch: read it through its program", t.Name)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.allocate(t.mem); err != nil {
		return err
	}
	return d.read(t.mem.buffer, t, v)
}

// ReadBits copies a tensor of uint32 elements into v.
func (d *Device) ReadBits(t Tensor, v []uint32) error { return d.Read(t, floats(v)) }

// Read copies a tensor of the built program into v: a kept or pinned one at any time, scratch only as the
// last op left its memory.
func (p *Program) Read(t Tensor, v []float32) error {
	if p.dev == nil {
		return errNotBuilt
	}
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	return p.dev.read(p.bufferOf(t), t, v)
}

// readPiece bounds the staging buffer of readbacks.
const readPiece = 16 << 20

func (d *Device) read(b *buffer, t Tensor, v []float32) error {
	if len(v) != t.Len() {
		return fmt.Errorf("tensor %s %v has %d values, there is room for %d", t.Name, t.Shape, t.Len(), len(v))
	}
	out := wgpu.ToBytes(v)
	for at := 0; at < len(out); at += readPiece {
		n := min(readPiece, len(out)-at)
		if err := d.readPiece(b, 4*t.offset+at, out[at:at+n]); err != nil {
			return fmt.Errorf("reading tensor %s: %w", t.Name, err)
		}
	}
	return nil
}

// readPiece copies through a staging buffer that is kept for the next time. d.mu is held.
func (d *Device) readPiece(b *buffer, offset int, out []byte) error {
	n := len(out)
	if d.stagingN < n+canaryBytes {
		if d.staging != nil {
			d.staging.Release()
			d.staging, d.stagingN = nil, 0
		}
		size := roundUp(n+canaryBytes, 1<<16)
		raw, err := d.newRaw("a read", size, wgpu.BufferUsageMapRead|wgpu.BufferUsageCopyDst)
		if err != nil {
			return err
		}
		d.staging, d.stagingN = raw, size
	}
	made, counted := d.canary.made, []uint32{0}
	err := d.submit(submission{what: "a read", cost: costOf(n)}, func(enc *wgpu.CommandEncoder) error {
		if err := enc.CopyBufferToBuffer(b.raw, uint64(offset), d.staging, 0, uint64(n)); err != nil {
			return err
		}
		return d.canary.copyTo(enc, d.staging, n)
	})
	if err == nil {
		err = d.backlog.drain(false)
	}
	if err == nil {
		err = d.mapped(d.staging, n+canaryBytes, func(data []byte) { copy(wgpu.ToBytes(counted), data[copy(out, data):]) })
	}
	if err != nil {
		return err
	}
	return d.checkCount(counted[0], made)
}
