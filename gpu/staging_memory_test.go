package gpu

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cogentcore/webgpu/wgpu"
)

// Memory that a device lacks for carrying data to it and back is told as such, in the same words as a tensor's, and
// nothing is broken by it: with memory again the same call does its work.
func TestMemoryErrorOfStaging(t *testing.T) {
	d, err := Open(os.Getenv("DINOGPU_ADAPTER")) // one that holds no staging yet
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	x := NewTensor("x", 1<<20)
	defer Release(x)
	if err := d.Write(x.Slice("first", 0, 64), make([]float32, 64)); err != nil { // x is there
		t.Fatal(err)
	}
	values := make([]float32, x.Len())
	values[77] = 3
	var later *Readback
	for _, c := range []struct {
		what, need string
		work       func() error
	}{
		{"an upload", "4.0 MiB", func() error { return d.Write(x, values) }},
		{"a read", "4.1 MiB", func() error { return d.Read(x, make([]float32, x.Len())) }},
		{"the readback of x", "4.1 MiB", func() (err error) { later, err = d.NewReadback(x); return err }},
	} {
		before := d.Allocated()
		d.createBuffer = func(*wgpu.BufferDescriptor) (*wgpu.Buffer, error) {
			return nil, errors.New("wgpu: Not enough memory left")
		}
		err := c.work()
		d.createBuffer = d.dev.CreateBuffer
		var memory *MemoryError
		if !errors.As(err, &memory) || !strings.Contains(err.Error(), "out of memory: "+c.what+" needs "+c.need+" on the device") || strings.Contains(err.Error(), "wgpu") {
			t.Errorf("%s: %v", c.what, err)
		}
		if later != nil {
			t.Error("a readback without memory is there")
		}
		if d.Allocated() != before {
			t.Errorf("%s: %d bytes are allocated, %d were", c.what, d.Allocated(), before)
		}
		if err := c.work(); err != nil {
			t.Errorf("%s, with memory again: %v", c.what, err)
		}
	}
	if later == nil {
		t.Fatal("no readback")
	}
	defer later.Release()
	if err := later.Start(); err != nil {
		t.Fatal(err)
	}
	got, err := later.Values()
	if err != nil || !slices.Equal(got, values) {
		t.Errorf("other values came back, %v", err)
	}

	d.createBuffer = func(*wgpu.BufferDescriptor) (*wgpu.Buffer, error) { return nil, errors.New("Parent device is lost") }
	_, err = d.NewReadback(x)
	d.createBuffer = d.dev.CreateBuffer
	if err == nil || errors.As(err, new(*MemoryError)) {
		t.Errorf("another error: %v", err)
	}
}
