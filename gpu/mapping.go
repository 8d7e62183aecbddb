package gpu

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/cogentcore/webgpu/wgpu"
)

// mapBuffer maps the first n bytes of a buffer that no submission uses any more. The binding keeps the address of a Go
// variable until its callback runs, so the garbage collector must not run in between. d.mu is held.
func (d *Device) mapBuffer(b *wgpu.Buffer, mode wgpu.MapMode, n int) ([]byte, error) {
	if d.backlog.failed != nil {
		return nil, d.backlog.failed
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	status := wgpu.BufferMapAsyncStatusUnknown
	if err := b.MapAsync(mode, 0, uint64(n), func(s wgpu.BufferMapAsyncStatus) { status = s }); err != nil {
		return nil, err
	}
	start := d.backlog.now()
	for status == wgpu.BufferMapAsyncStatusUnknown {
		d.backlog.idle()
		if status == wgpu.BufferMapAsyncStatusUnknown && d.backlog.now().Sub(start) > warmSeconds*time.Second {
			d.backlog.fail(hangs("mapping a staging buffer", warmSeconds*time.Second)) // nobody polls from now on: the callback never runs
			return nil, d.backlog.failed
		}
	}
	if status != wgpu.BufferMapAsyncStatusSuccess {
		return nil, fmt.Errorf("the device did not map a staging buffer (%s)", status)
	}
	return b.GetMappedRange(0, uint(n)), nil
}

// mapped reads the first n bytes of a buffer that no submission uses any more. d.mu is held.
func (d *Device) mapped(b *wgpu.Buffer, n int, use func([]byte)) error {
	data, err := d.mapBuffer(b, wgpu.MapModeRead, n)
	if err != nil {
		return err
	}
	use(data)
	return b.Unmap()
}
