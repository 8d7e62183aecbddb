package gpu

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// A submission that the driver dropped is an error of the next readback of either kind, which tells the counts, and of all
// that follows.
func TestDroppedWorkIsAnError(t *testing.T) {
	for name, read := range map[string]func(d *Device, x Tensor, r *Readback) error{
		"read": func(d *Device, x Tensor, _ *Readback) error { return d.Read(x, make([]float32, 100)) },
		"later": func(_ *Device, _ Tensor, r *Readback) error {
			if err := r.Start(); err != nil {
				return err
			}
			_, err := r.Values()
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Open(os.Getenv("DINOGPU_ADAPTER")) // of its own: nothing runs on it afterwards
			if err != nil {
				t.Fatal(err)
			}
			x := NewTensor("x", 100)
			if err := d.Write(x, make([]float32, 100)); err != nil {
				t.Fatal(err)
			}
			r, err := d.NewReadback(x)
			if err != nil {
				t.Fatal(err)
			}
			if err := read(d, x, r); err != nil {
				t.Fatalf("before anything was dropped: %v", err)
			}
			made := d.canary.made
			d.sendWithoutCanary(t)
			err = read(d, x, r)
			var device *DeviceError
			if !errors.As(err, &device) || !strings.Contains(err.Error(), "dropped work") || !strings.Contains(err.Error(), `"lost"`) {
				t.Fatalf("the error is %v", err)
			}
			if d.canary.made != made+2 {
				t.Errorf("%d submissions were made, not the lost one and the readback", d.canary.made-made)
			}
			if err := d.Write(x, make([]float32, 100)); !errors.As(err, &device) {
				t.Errorf("afterwards a write gives %v", err)
			}
			if err := d.Wait(); !errors.As(err, &device) {
				t.Errorf("afterwards a wait gives %v", err)
			}
			d.Close()
		})
	}
}

// sendWithoutCanary submits what a driver that drops a submission leaves of it: nothing.
func (d *Device) sendWithoutCanary(t *testing.T) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	enc, err := d.dev.CreateCommandEncoder(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Release()
	cmd, err := enc.Finish(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer cmd.Release()
	d.canary.program = "lost"
	if err := d.send(submission{what: "program lost"}, cmd); err != nil {
		t.Fatal(err)
	}
}

// wgpu's wait for one submission comes back with that one done.
func TestWaitForASubmission(t *testing.T) {
	d := openDevice(t)
	d.mu.Lock()
	defer d.mu.Unlock()
	var done []uint64
	b := d.newBacklog()
	b.retired = func(s submission) { done = append(done, s.index) }
	for range 3 {
		enc, err := d.dev.CreateCommandEncoder(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.canary.encode(enc); err != nil {
			t.Fatal(err)
		}
		cmd, err := enc.Finish(nil)
		if err != nil {
			t.Fatal(err)
		}
		d.canary.made++
		b.out = append(b.out, submission{index: uint64(d.queue.Submit(cmd))})
		cmd.Release()
		enc.Release()
	}
	for _, s := range b.out {
		b.await(s.index)
	}
	if !b.idle() {
		t.Error("every submission was waited for, and the device is busy")
	}
	if b.out[0].index == b.out[1].index || b.out[1].index == b.out[2].index {
		t.Errorf("submissions share an index: %v", b.out)
	}
}
