package gpu

import (
	"context"
	"errors"
	"testing"
)

// ends is a context that ends after it was asked a few times.
type ends struct {
	context.Context
	after int
}

func (c *ends) Err() error {
	if c.after--; c.after < 0 {
		return context.Canceled
	}
	return nil
}

// A program ends with its context between two submissions: what came before is done, what comes after is not.
func TestRunEndsWithItsContext(t *testing.T) {
	d := openDevice(t)
	p := NewProgram("ends", SoftwareTarget)
	x, y, z := NewTensor("x", 100), NewTensor("y", 100), NewTensor("z", 100)
	defer Release(x, y, z)
	p.Dispatch(twiceKernel(), x, y)
	p.Dispatch(twiceKernel(), y, z)
	if err := p.Build(d); err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	if err := p.Run(); err != nil { // compiles
		t.Fatal(err)
	}
	in, out := make([]float32, 100), make([]float32, 100)
	in[99] = 3
	if err := errors.Join(d.Write(x, in), d.Write(y, out), d.Write(z, out)); err != nil {
		t.Fatal(err)
	}
	rate := d.backlog.rate
	d.backlog.rate = 1 // so slow that each op is a submission of its own
	err := p.RunContext(&ends{context.Background(), 1})
	d.backlog.rate = rate
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	for _, c := range []struct {
		of   Tensor
		want float32
	}{{y, 6}, {z, 0}} {
		if err := d.Read(c.of, out); err != nil {
			t.Fatal(err)
		}
		if out[99] != c.want {
			t.Errorf("%s is %g, not %g", c.of.Name, out[99], c.want)
		}
	}
}
