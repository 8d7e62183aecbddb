package gpu

import (
	"fmt"
	"runtime/debug"

	"github.com/cogentcore/webgpu/wgpu"
)

// mapped maps n bytes of a buffer that no submission uses any more. The binding keeps the address of a Go variable
// until its callback runs, so the garbage collector must not run in between. d.mu is held.
func (d *Device) mapped(b *wgpu.Buffer, mode wgpu.MapMode, n int, use func([]byte)) error {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	status := wgpu.BufferMapAsyncStatusUnknown
	if err := b.MapAsync(mode, 0, uint64(n), func(s wgpu.BufferMapAsyncStatus) { status = s }); err != nil {
		return err
	}
	for status == wgpu.BufferMapAsyncStatusUnknown {
		d.dev.Poll(false, nil)
	}
	if status != wgpu.BufferMapAsyncStatusSuccess {
		return fmt.Errorf("the device did not map a staging buffer (%s)", status)
	}
	use(b.GetMappedRange(0, uint(n)))
	return b.Unmap()
}
