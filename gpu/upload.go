package gpu

import "github.com/cogentcore/webgpu/wgpu"

// uploadPiece is what goes up at once: staging buffers have this size, and are used again and again. wgpu's own
// way makes a fresh one for every write, and takes twenty times as long for 64 MiB at once as for pieces.
const uploadPiece = 4 << 20

// smallUpload is what wgpu's own way is as good for.
const smallUpload = 64 << 10

// uploads are the staging buffers: free ones, and those that a submission under way may still read.
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

// upload writes data into b at a byte offset. d.mu is held.
func (d *Device) upload(b *buffer, offset int, data []byte) error {
	if len(data) <= smallUpload {
		return d.queue.WriteBuffer(b.raw, uint64(offset), data)
	}
	for len(data) > 0 {
		n := min(len(data), uploadPiece)
		if err := d.uploadPiece(b, offset, data[:n]); err != nil {
			return err
		}
		data, offset = data[n:], offset+n
	}
	return nil
}

func (d *Device) uploadPiece(b *buffer, offset int, data []byte) error {
	s, err := d.uploadBuffer()
	if err != nil {
		return err
	}
	if err := d.mapped(s, wgpu.MapModeWrite, len(data), func(to []byte) { copy(to, data) }); err != nil {
		s.Release()
		return err
	}
	d.uploads.busy = append(d.uploads.busy, s)
	return d.once(func(enc *wgpu.CommandEncoder) error {
		return enc.CopyBufferToBuffer(s, 0, b.raw, uint64(offset), uint64(len(data)))
	})
}

// uploadBuffer takes a staging buffer that nothing reads, after waiting for one where there are many.
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
