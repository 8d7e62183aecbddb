package gpu

import (
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

var device = sync.OnceValues(func() (*Device, error) { return Open(os.Getenv("DINOGPU_ADAPTER")) })

// openDevice opens the adapter for the tests once; no adapter is a failure, never a skip.
func openDevice(t *testing.T) *Device {
	t.Helper()
	d, err := device()
	if err != nil {
		t.Fatalf("the tests need a GPU or a software Vulkan driver: %v", err)
	}
	return d
}

func TestRunReadsWhatItComputed(t *testing.T) {
	d := openDevice(t)
	p := NewProgram("run", SoftwareTarget)
	x, y := NewTensor("x", 100), NewTensor("y", 100)
	defer Release(x, y)
	p.Dispatch(twiceKernel(), x, y)
	if err := p.Build(d); err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	in, out := make([]float32, 100), make([]float32, 100)
	for i := range in {
		in[i] = float32(i)
	}
	for range 50 { // readbacks among garbage collections
		if err := d.Write(x, in); err != nil {
			t.Fatal(err)
		}
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
		if err := d.Read(y, out); err != nil {
			t.Fatal(err)
		}
	}
	if out[99] != 198 {
		t.Errorf("twice 99 is %g", out[99])
	}
}

// Scratch tensors that never live at once share memory; those that do, and pinned ones, do not.
func TestPlanSharesMemory(t *testing.T) {
	p := NewProgram("plan", SoftwareTarget)
	a := NewTensor("a", 100)
	b, c, e, f := p.Scratch("b", 100), p.Scratch("c", 100), p.Scratch("e", 100), p.Scratch("f", 100)
	k := twiceKernel()
	p.Dispatch(k, a, b)
	p.Dispatch(k, b, c)
	p.Dispatch(k, c, e)
	p.Dispatch(k, e, f)
	m, err := p.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if m.Scratch != 2*512 {
		t.Errorf("a chain of four takes %d bytes, two slots of 512 are enough", m.Scratch)
	}
	p.Pin(b)
	if m, _ = p.Plan(); m.Scratch != 3*512 {
		t.Errorf("with one pinned it takes %d bytes, want 3 x 512", m.Scratch)
	}
}

func TestRecordingErrorsStick(t *testing.T) {
	long := NewTensor("long", 100)
	kernel := func(change func(*Kernel)) Kernel {
		k := twiceKernel()
		change(&k)
		return k
	}
	for name, c := range map[string]struct {
		k    Kernel
		args []Tensor
		want string
	}{
		"bound twice":  {twiceKernel(), []Tensor{long, long}, "share memory"},
		"too few":      {twiceKernel(), []Tensor{long}, "binds 2 tensors"},
		"groups":       {kernel(func(k *Kernel) { k.Groups[0] = 70000 }), []Tensor{long, NewTensor("y", 100)}, "workgroups"},
		"trips":        {kernel(func(k *Kernel) { k.Trips = 40000 }), []Tensor{long, NewTensor("y", 100)}, "loop turns"},
		"unaligned":    {twiceKernel(), []Tensor{long.Slice("part", 3, 10), NewTensor("y", 100)}, "starts at element 3"},
		"huge binding": {twiceKernel(), []Tensor{NewTensor("huge", 40<<20), NewTensor("y", 100)}, "MiB"},
		"workgroup memory": {
			kernel(func(k *Kernel) { k.Source = "var<workgroup> w: array<vec4f, 2000>;\n" + k.Source }),
			[]Tensor{long, NewTensor("y", 100)},
			"workgroup memory",
		},
	} {
		p := NewProgram("errors", SoftwareTarget)
		p.Dispatch(c.k, c.args...)
		p.Dispatch(twiceKernel(), NewTensor("a", 100), NewTensor("b", 100))
		if err := p.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want one with %q", name, err, c.want)
		}
	}
}

// A kernel that disagrees with its twin, or writes beside its tensors, is named.
func TestCheckNamesWhatIsWrong(t *testing.T) {
	d := openDevice(t)
	for name, c := range map[string]struct {
		change func(*Kernel)
		want   string
	}{
		"wrong":   {func(k *Kernel) { k.Source = strings.Replace(k.Source, "2.0", "2.1", 1) }, "differs from its twin"},
		"outside": {func(k *Kernel) { k.Source = strings.Replace(k.Source, "100u", "104u", 1) }, "outside"},
	} {
		p := NewProgram("check", SoftwareTarget)
		x, y := NewTensor("x", 100), NewTensor("whole", 256)
		k := twiceKernel()
		c.change(&k)
		out := y.Slice("y", 64, 100)
		if name == "outside" {
			out = p.Scratch("y", 102) // bound as 104: two elements of padding
			k.Twin = func(a [][]float32) {
				for i := range a[1] {
					a[1][i] = 0
				}
				for i, v := range a[0] {
					a[1][i] = 2 * v
				}
			}
		}
		p.Dispatch(k, x, out)
		if err := p.Build(d); err != nil {
			t.Fatal(err)
		}
		in := make([]float32, 100)
		for i := range in {
			in[i] = float32(i + 1)
		}
		if err := d.Write(x, in); err != nil {
			t.Fatal(err)
		}
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want one with %q", name, err, c.want)
		}
		p.Release()
		Release(x, y)
	}
}

func TestNMSE(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		got, want []float32
		ok        func(float64) bool
	}{
		{[]float32{1, 2}, []float32{1, 2}, func(e float64) bool { return e == 0 }},
		{[]float32{1, 2.2}, []float32{1, 2}, func(e float64) bool { return math.Abs(e-0.04/5) < 1e-6 }},
		{[]float32{nan}, []float32{nan}, func(e float64) bool { return e == 0 }},
		{[]float32{nan}, []float32{1}, math.IsNaN},
		{[]float32{1e-3}, []float32{0}, func(e float64) bool { return math.IsInf(e, 1) }},
	} {
		if e := NMSE(c.got, c.want); !c.ok(e) {
			t.Errorf("NMSE(%v, %v) = %g", c.got, c.want, e)
		}
	}
}

// An op is of the innermost section that is open, and sections end where they say so.
func TestSectionsNest(t *testing.T) {
	p, x := NewProgram("sections", SoftwareTarget), NewTensor("x", 100)
	p.Clear(x)
	end := p.Section("outer")
	p.Clear(x)
	func() {
		defer p.Section("inner")()
		p.Dispatch(twiceKernel(), x, NewTensor("y", 100))
	}()
	p.Clear(x)
	end()
	p.Clear(x)
	var got []string
	for _, o := range p.ops {
		got = append(got, o.section)
	}
	if want := []string{"", "outer", "inner", "outer", ""}; !slices.Equal(got, want) {
		t.Errorf("the sections are %q, want %q", got, want)
	}
}
