package gpu

import (
	"slices"

	"github.com/cogentcore/webgpu/wgpu"
)

// uploadPiece is the size of a staging buffer, which is used again and again. wgpu's own way makes a fresh buffer for
// every write, and takes twenty times as long for 64 MiB at once as for pieces.
const uploadPiece = 4 << 20

// smallUpload is the size up to which wgpu's own way is as good.
const smallUpload = 64 << 10

// uploads holds the staging buffers: free ones, and busy ones that a submission under way may still read.
type uploads struct {
	free, busy []*wgpu.Buffer
}

// recycle takes note that no submission is under way.
func (u *uploads) recycle() {
	u.free, u.busy = append(u.free, u.busy...), u.busy[:0]
}

func (u *uploads) release() {
	for _, b := range append(u.free, u.busy...) {
		b.Release()
	}
	*u = uploads{}
}

// upload writes data into b at a byte offset, one slice behind the other. The device copies whole elements of 4 bytes:
// zeros fill the last. d.mu is held.
func (d *Device) upload(b *buffer, offset int, data ...[]byte) error {
	left := 0
	for _, part := range data {
		left += len(part)
	}
	left = roundUp(left, 4)
	data = slices.Clone(data) // fillFrom cuts off the bytes that it took
	if left <= smallUpload {
		all := make([]byte, left)
		fillFrom(all, data)
		return d.queue.WriteBuffer(b.raw, uint64(offset), all)
	}
	for left > 0 {
		n := min(left, uploadPiece)
		if err := d.uploadPiece(b, offset, n, func(to []byte) { data = fillFrom(to, data) }); err != nil {
			return err
		}
		left, offset = left-n, offset+n
	}
	return nil
}

// fillFrom copies the next bytes of data, and zeros behind the last of them, and returns the rest of data.
func fillFrom(to []byte, data [][]byte) [][]byte {
	for len(to) > 0 && len(data) > 0 {
		n := copy(to, data[0])
		to, data[0] = to[n:], data[0][n:]
		if len(data[0]) == 0 {
			data = data[1:]
		}
	}
	clear(to)
	return data
}

// uploadPiece writes n bytes, which fill puts into a staging buffer.
func (d *Device) uploadPiece(b *buffer, offset, n int, fill func(to []byte)) error {
	s, err := d.uploadBuffer()
	if err != nil {
		return err
	}
	if err := d.mapped(s, wgpu.MapModeWrite, n, fill); err != nil {
		s.Release()
		return err
	}
	d.uploads.busy = append(d.uploads.busy, s)
	return d.once(func(enc *wgpu.CommandEncoder) error {
		return enc.CopyBufferToBuffer(s, 0, b.raw, uint64(offset), uint64(n))
	})
}

// uploadBuffer takes a staging buffer that nothing reads, after waiting for one if there are many.
func (d *Device) uploadBuffer() (*wgpu.Buffer, error) {
	const most = 16
	if len(d.uploads.free) == 0 && len(d.uploads.busy) >= most {
		d.wait()
	}
	if n := len(d.uploads.free); n > 0 {
		s := d.uploads.free[n-1]
		d.uploads.free = d.uploads.free[:n-1]
		return s, nil
	}
	return d.dev.CreateBuffer(&wgpu.BufferDescriptor{Label: "upload", Size: uploadPiece, Usage: wgpu.BufferUsageMapWrite | wgpu.BufferUsageCopySrc})
}
