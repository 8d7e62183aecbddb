package gpu

import (
	"fmt"

	"github.com/cogentcore/webgpu/wgpu"
)

// A Readback copies kept tensors to the host without making the device wait: Start queues the copy behind the work
// submitted so far, and the values are there once the device has been seen to have run it, whatever is queued behind.
type Readback struct {
	d       *Device
	tensors []Tensor
	staging *wgpu.Buffer
	values  []float32 // the tensors'
	index   uint64    // of the submission
	made    uint32    // submissions before that one
	started bool
	done    bool
	err     error
}

// NewReadback makes one for these tensors; it can be started again once it is done.
func (d *Device) NewReadback(tensors ...Tensor) (*Readback, error) {
	r := &Readback{d: d, tensors: tensors}
	n := 0
	for _, t := range tensors {
		if !t.mem.kept {
			return nil, fmt.Errorf("tensor %s is scratch: only kept tensors can be read later", t.Name)
		}
		n += t.Len()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var err error
	if r.staging, err = d.newRaw("the readback of "+tensors[0].Name, 4*n+canaryBytes, wgpu.BufferUsageMapRead|wgpu.BufferUsageCopyDst); err != nil {
		return nil, err
	}
	r.values = make([]float32, n)
	return r, nil
}

// Start queues the copy.
func (r *Readback) Start() error {
	d := r.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.started && !r.done {
		return fmt.Errorf("a readback of %s is under way", r.tensors[0].Name)
	}
	r.started, r.done, r.err = true, false, nil
	r.made = d.canary.made
	err := d.submit(submission{what: "the readback of " + r.tensors[0].Name, cost: costOf(4 * len(r.values)), readback: r}, func(enc *wgpu.CommandEncoder) error {
		at := 0
		for _, t := range r.tensors {
			if err := d.allocate(t.mem); err != nil {
				return err
			}
			if err := enc.CopyBufferToBuffer(t.mem.buffer.raw, uint64(4*t.offset), r.staging, uint64(at), uint64(4*t.Len())); err != nil {
				return err
			}
			at += 4 * t.Len()
		}
		return d.canary.copyTo(enc, r.staging, at)
	})
	if err != nil {
		r.done, r.err = true, err
	}
	return err
}

// finish maps the copy, which was made; d.mu is held.
func (r *Readback) finish() {
	out := wgpu.ToBytes(r.values)
	counted := []uint32{0}
	err := r.d.mapped(r.staging, len(out)+canaryBytes, func(data []byte) {
		copy(wgpu.ToBytes(counted), data[copy(out, data):])
	})
	if err == nil {
		err = r.d.checkCount(counted[0], r.made)
	}
	r.done, r.err = true, err
}

// Done tells whether the values of the last Start are there.
func (r *Readback) Done() bool {
	r.d.mu.Lock()
	defer r.d.mu.Unlock()
	return r.done
}

// Values are the tensors' elements one after the other, as they were at the last Start; it waits for the device
// where they are not there yet. They are valid until the next Start.
func (r *Readback) Values() ([]float32, error) {
	r.d.mu.Lock()
	defer r.d.mu.Unlock()
	if !r.started {
		return nil, fmt.Errorf("a readback of %s was not started", r.tensors[0].Name)
	}
	if !r.done {
		if err := r.d.backlog.until(r.index); err != nil {
			return nil, err
		}
	}
	return r.values, r.err
}

// Release gives the staging buffer back.
func (r *Readback) Release() {
	r.d.mu.Lock()
	defer r.d.mu.Unlock()
	if r.started && !r.done {
		_ = r.d.backlog.until(r.index) // a device that failed does not copy any more
	}
	r.staging.Release()
}
