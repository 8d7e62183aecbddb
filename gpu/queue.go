package gpu

import (
	"fmt"
	"time"

	"github.com/cogentcore/webgpu/wgpu"
)

// wgpuDriver is a device as its backlog sees it.
type wgpuDriver struct {
	dev   *wgpu.Device
	queue *wgpu.Queue
}

func (d wgpuDriver) idle() bool { return d.dev.Poll(false, nil) }

func (d wgpuDriver) await(index uint64) {
	d.dev.Poll(true, &wgpu.WrappedSubmissionIndex{Queue: d.queue, SubmissionIndex: wgpu.SubmissionIndex(index)})
}

// newBacklog is that of a device that nothing was submitted to.
func (d *Device) newBacklog() backlog {
	seconds := submissionSeconds
	if d.Adapter.Backend == "metal" {
		seconds = metalSeconds
	}
	return backlog{
		driver: wgpuDriver{d.dev, d.queue}, clock: clock{time.Now, time.Sleep}, software: d.Adapter.Software,
		seconds: seconds, rate: 2e9, retired: d.retired,
	}
}

// submit hands the device what record encodes, behind the uploads that wait for it, and counts it. It waits while too much
// is in flight. d.mu is held.
func (d *Device) submit(s submission, record func(*wgpu.CommandEncoder) error) error {
	if d.backlog.failed != nil {
		return d.backlog.failed
	}
	enc, err := d.dev.CreateCommandEncoder(nil)
	if err != nil {
		return err
	}
	defer enc.Release()
	if err := record(enc); err != nil {
		return err
	}
	s.cold = s.cold || !d.canary.pipe.ran
	d.canary.pipe.ran = true
	if err := d.canary.encode(enc); err != nil {
		return fmt.Errorf("%s: %w", s.what, err)
	}
	cmd, err := enc.Finish(nil)
	if err != nil {
		return fmt.Errorf("%s: %w", s.what, err)
	}
	defer cmd.Release()
	return d.send(s, cmd)
}

// send submits cmd, which ends with the canary, and takes note of it. d.mu is held.
func (d *Device) send(s submission, cmd *wgpu.CommandBuffer) error {
	cmds := []*wgpu.CommandBuffer{cmd}
	uploads, staging, err := d.closeStaging()
	if err != nil {
		return err
	}
	if uploads != nil {
		defer uploads.Release()
		cmds, s.staging = []*wgpu.CommandBuffer{uploads, cmd}, staging
		s.cost += costOf(staging.used)
	}
	d.canary.made++
	d.backlog.submitting()
	s.at = time.Now()
	d.submitted = s.at
	s.index = uint64(d.queue.Submit(cmds...))
	if s.readback != nil {
		s.readback.index = s.index
	}
	if d.Adapter.Software {
		d.backlog.waited += time.Since(s.at) // such a driver does the work in here
	}
	return d.backlog.add(s)
}

// retired takes note that a submission has run: its readback can be mapped, its staging used again.
func (d *Device) retired(s submission) {
	if s.staging != nil {
		d.uploads.free = append(d.uploads.free, s.staging)
	}
	if s.readback != nil {
		s.readback.finish()
	}
}

// Wait returns when everything submitted has run. It is for who measures time: on a GPU it does not sleep.
func (d *Device) Wait() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.flush(); err != nil {
		return err
	}
	return d.backlog.drain(true)
}

// Waited is the time that the host has waited for the device so far. The rest of the time it had work of its own.
func (d *Device) Waited() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.backlog.waited
}
