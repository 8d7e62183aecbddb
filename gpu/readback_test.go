package gpu

import (
	"fmt"
	"runtime"
	"testing"
)

// Readbacks give what the tensor held when they were started, however much is queued behind them; also where one submission is
// waited for while others run, as on a GPU.
func TestReadbackGivesItsOwnMoment(t *testing.T) {
	d := openDevice(t)
	software := d.backlog.software
	defer func() { d.backlog.software = software }()
	for _, d.backlog.software = range []bool{true, false} {
		t.Run(fmt.Sprint("software ", d.backlog.software), func(t *testing.T) { readbacksGiveTheirOwnMoment(t, d) })
	}
}

func readbacksGiveTheirOwnMoment(t *testing.T, d *Device) {
	p := NewProgram("later", SoftwareTarget)
	x, y := NewTensor("x", 100), NewTensor("y", 100)
	defer Release(x, y)
	p.Dispatch(twiceKernel(), x, y)
	if err := p.Build(d); err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	var ring [3]*Readback
	for i := range ring {
		r, err := d.NewReadback(y, x)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Release()
		ring[i] = r
	}
	in := make([]float32, 100)
	check := func(n int) {
		v, err := ring[n%3].Values()
		if err != nil {
			t.Fatal(err)
		}
		if v[99] != float32(2*n) || v[100] != float32(n) {
			t.Fatalf("round %d reads %g and %g, want %d and %d", n, v[99], v[100], 2*n, n)
		}
	}
	for n := range 60 {
		if n >= 3 {
			check(n - 3)
		}
		for i := range in {
			in[i] = float32(n)
		}
		if err := d.Write(x, in); err != nil {
			t.Fatal(err)
		}
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
		if err := ring[n%3].Start(); err != nil {
			t.Fatal(err)
		}
		if n%7 == 0 {
			runtime.GC()
		}
	}
	for n := 57; n < 60; n++ {
		check(n)
	}
	if err := ring[0].Start(); err != nil {
		t.Fatal(err)
	}
	if err := ring[0].Start(); err == nil && !ring[0].Done() {
		t.Error("a readback was started a second time while under way")
	}
}
