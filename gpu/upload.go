package gpu

import (
	"fmt"
	mathbits "math/bits"
	"slices"

	"github.com/cogentcore/webgpu/wgpu"
)

const (
	// uploadPiece is the most that a staging buffer holds. Staging is used again and again: wgpu's own way makes a fresh
	// buffer for every write, and takes twenty times as long for 64 MiB.
	uploadPiece = 32 << 20
	// leastStaging is the size of the smallest staging buffer.
	leastStaging = 256 << 10
	// mostStaging bounds all staging buffers: for the steps under way and the next one.
	mostStaging = 4 * uploadPiece
	// smallUpload is the size up to which wgpu's own way is as good.
	smallUpload = 64 << 10
)

// staging is a buffer that the host writes to and the device copies from.
type staging struct {
	raw    *wgpu.Buffer
	size   int
	data   []byte // while it is mapped
	used   int
	copies []upload
}

// An upload is what staging holds for a buffer.
type upload struct {
	to      *buffer
	offset  int
	from, n int // bytes of the staging
}

// uploads holds the staging buffers: those that nothing uses, and the one that is mapped. What is written goes there until
// something is submitted, which takes it along. Others belong to submissions under way.
type uploads struct {
	free  []*staging
	open  *staging
	bytes int // of all
	usual int // bytes that a submission took along last
}

// upload writes data into b at a byte offset, one slice behind the other, ahead of what is submitted next. The device
// copies whole elements of 4 bytes: zeros fill the last. d.mu is held.
func (d *Device) upload(b *buffer, offset int, data ...[]byte) error {
	if d.backlog.failed != nil {
		return d.backlog.failed
	}
	left := 0
	for _, part := range data {
		left += len(part)
	}
	left = roundUp(left, 4)
	data = slices.Clone(data)                         // fillFrom cuts off the bytes that it took
	if left <= smallUpload && d.uploads.open == nil { // or it would come ahead of what staging holds
		all := make([]byte, left)
		fillFrom(all, data)
		return d.queue.WriteBuffer(b.raw, uint64(offset), all)
	}
	for left > 0 {
		s, err := d.openStaging(left)
		if err != nil {
			return err
		}
		n := min(left, s.size-s.used)
		data = fillFrom(s.data[s.used:s.used+n], data)
		s.copies = append(s.copies, upload{b, offset, s.used, n})
		s.used, left, offset = s.used+n, left-n, offset+n
		if s.used == s.size {
			if err := d.flush(); err != nil {
				return err
			}
		}
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

// flush submits what was uploaded, by itself.
func (d *Device) flush() error {
	if d.uploads.open == nil {
		return nil
	}
	return d.submit(submission{what: "an upload"}, func(*wgpu.CommandEncoder) error { return nil })
}

// openStaging is the mapped staging buffer, which has room. Where there is none it maps one with room for n bytes, or for
// what was uploaded at once the last time: then a step maps one.
func (d *Device) openStaging(n int) (*staging, error) {
	u := &d.uploads
	if u.open != nil {
		return u.open, nil
	}
	s, err := d.freeStaging(stagingFor(max(n, u.usual)))
	if err != nil {
		return nil, err
	}
	if s.data, err = d.mapBuffer(s.raw, wgpu.MapModeWrite, s.size); err != nil {
		u.release(s)
		return nil, err
	}
	s.used, s.copies, u.open = 0, s.copies[:0], s
	return s, nil
}

// stagingFor is the size of a staging buffer for n bytes or as many as fit.
func stagingFor(n int) int {
	return min(max(1<<mathbits.Len(uint(n-1)), leastStaging), uploadPiece)
}

// freeStaging takes a staging buffer of that size or more that nothing uses, or makes one, after waiting for the device
// where there are many.
func (d *Device) freeStaging(size int) (*staging, error) {
	u := &d.uploads
	for {
		if i := slices.IndexFunc(u.free, func(s *staging) bool { return s.size >= size }); i >= 0 {
			s := u.free[i]
			u.free = slices.Delete(u.free, i, i+1)
			return s, nil
		}
		u.releaseFree() // they are too small from now on
		if u.bytes+size <= mostStaging {
			break
		}
		oldest := slices.IndexFunc(d.backlog.out, func(s submission) bool { return s.staging != nil })
		if oldest < 0 {
			break
		}
		if err := d.backlog.until(d.backlog.out[oldest].index); err != nil {
			return nil, err
		}
	}
	raw, err := d.newRaw("an upload", size, wgpu.BufferUsageMapWrite|wgpu.BufferUsageCopySrc)
	if err != nil {
		return nil, err
	}
	u.bytes += size
	return &staging{raw: raw, size: size}, nil
}

// closeStaging unmaps the open staging buffer and gives the command that copies from it, or nil where there is none.
func (d *Device) closeStaging() (cmd *wgpu.CommandBuffer, s *staging, err error) {
	u := &d.uploads
	s = u.open
	if s == nil {
		return nil, nil, nil
	}
	u.open, u.usual = nil, s.used
	defer func() {
		if err != nil {
			u.release(s)
			err = fmt.Errorf("an upload: %w", err)
		}
	}()
	s.data = nil
	if err := s.raw.Unmap(); err != nil {
		return nil, nil, err
	}
	enc, err := d.dev.CreateCommandEncoder(nil)
	if err != nil {
		return nil, nil, err
	}
	defer enc.Release()
	for _, c := range s.copies {
		if err := enc.CopyBufferToBuffer(s.raw, uint64(c.from), c.to.raw, uint64(c.offset), uint64(c.n)); err != nil {
			return nil, nil, err
		}
	}
	cmd, err = enc.Finish(nil)
	return cmd, s, err
}

// waitsFor tells whether something was uploaded to b that no submission took yet.
func (u *uploads) waitsFor(b *buffer) bool {
	return u.open != nil && slices.ContainsFunc(u.open.copies, func(c upload) bool { return c.to == b })
}

func (u *uploads) release(s *staging) {
	s.raw.Release()
	u.bytes -= s.size
}

// releaseFree gives back what nothing uses.
func (u *uploads) releaseFree() {
	for _, s := range u.free {
		u.release(s)
	}
	u.free = nil
}
