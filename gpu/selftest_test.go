package gpu

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// elementwise is a kernel of 100 elements that runs body at i on x and y; its twin is the doubling, y = 2 x.
func elementwise(name, body string) Kernel {
	return Kernel{
		Name: name, Groups: [3]int{2, 1, 1}, Flops: 100, Tolerance: 1e-10,
		Source: `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let i = id.x;
    if (i < 100u) { ` + body + ` }
}`,
		Twin: func(a [][]float32) {
			for i := range a[1] {
				a[1][i] = 2 * a[0][i]
			}
		},
	}
}

// selfTest records with record, from x of noise, and gives the results.
func selfTest(t *testing.T, record func(p *Program, x Tensor)) []TestResult {
	t.Helper()
	d := openDevice(t)
	p, x := NewProgram("selftest", SoftwareTarget), NewTensor("x", 100)
	record(p, x)
	if err := p.Build(d); err != nil {
		t.Fatal(err)
	}
	v := make([]float32, 100)
	Noise(v, 1, 1)
	if err := d.Write(x, v); err != nil {
		t.Fatal(err)
	}
	s := &SelfTest{}
	err := s.Run(p)
	p.Release()
	Release(x)
	if err != nil {
		t.Fatal(err)
	}
	return s.Results
}

// Kernels that are wrong in one way each are named with what is wrong, and those after them are none the worse.
func TestSelfTestFindsWhatIsWrong(t *testing.T) {
	added := func(k Kernel) Kernel {
		k.Twin = func(a [][]float32) {
			for i, v := range a[0] {
				a[1][i] += 2 * v
			}
		}
		return k
	}
	some := func(k Kernel) Kernel {
		k.Flops = sampleFrom
		k.Sample = func(a [][]float32) [][]int {
			a[1][0], a[1][99] = 2*a[0][0], 2*a[0][99]
			return [][]int{nil, {0, 99}}
		}
		return k
	}
	for _, c := range []struct {
		kernel Kernel
		want   string // in Trouble; empty: it passes
	}{
		{elementwise("twice", "y[i] = 2.0 * x[i];"), ""},
		{elementwise("thrice", "y[i] = 3.0 * x[i];"), "y [100] differs"},
		{elementwise("one-wrong", "y[i] = select(2.0, 2.1, i == 57u) * x[i];"), "differs"},
		{elementwise("nan", "y[i] = 2.0 * x[i] / select(1.0, x[i] - x[i], i == 57u);"), "1 outputs are NaN or infinite"},
		{elementwise("nothing", "if (x[i] > 9.0) { y[i] = 2.0 * x[i]; }"), "differs"},
		{elementwise("outside", "y[i] = 2.0 * x[i];"), "wrote outside"}, // its y is shorter
		{added(elementwise("adds", "y[i] += 2.0 * x[i];")), ""},
		{added(elementwise("overwrites", "y[i] = 2.0 * x[i];")), "differs"}, // zeros before would not tell
		{some(elementwise("sampled", "y[i] = 2.0 * x[i];")), ""},
		{some(elementwise("sampled-wrong", "y[i] = select(2.0, 2.1, i == 99u) * x[i];")), "differs"},
		{some(elementwise("sampled-nan", "y[i] = 2.0 * x[i] / select(1.0, x[i] - x[i], i == 57u);")), "NaN or infinite"},
	} {
		t.Run(c.kernel.Name, func(t *testing.T) {
			results := selfTest(t, func(p *Program, x Tensor) {
				n := 100
				if c.kernel.Name == "outside" {
					n = 98 // of whole vec4s, which is what is bound
				}
				y, z := p.Scratch("y", n), p.Scratch("z", n)
				p.Dispatch(c.kernel, x, y)
				p.Dispatch(elementwise("after", fmt.Sprintf("if (i < %du) { y[i] = x[i] + x[i]; }", n)), y, z)
			})
			if len(results) != 2 || results[0].Kernel != c.kernel.Name || results[1].Trouble != "" {
				t.Fatalf("results %+v", results)
			}
			r := results[0]
			if (r.Trouble == "") != (c.want == "") || !strings.Contains(r.Trouble, c.want) {
				t.Errorf("trouble %q, want %q", r.Trouble, c.want)
			}
			if nan := strings.Contains(c.want, "NaN"); math.IsNaN(r.Error) != nan {
				t.Errorf("error %g", r.Error)
			}
			if want := map[bool]int{true: 2, false: r.Tensors[1].Len()}[r.Sampled]; r.Outputs != want || r.Sampled != (c.kernel.Sample != nil) {
				t.Errorf("%d outputs, sampled %v", r.Outputs, r.Sampled)
			}
		})
	}
}

// Each kernel and shape is tested once, on what a whole run leaves for it, though ops that nothing needs do not run.
func TestSelfTestRunsWhatIsNeeded(t *testing.T) {
	k, last := elementwise("twice", "y[i] = 2.0 * x[i];"), elementwise("last", "y[i] = 2.0 * x[i];")
	last.Source, last.Info = last.Source+"\n", "told"
	kept := NewTensor("kept", 100)
	defer Release(kept)
	var p *Program
	results := selfTest(t, func(q *Program, x Tensor) {
		p = q
		a, b, c, e := q.Scratch("a", 100), q.Scratch("b", 100), q.Scratch("c", 100), q.Scratch("e", 100)
		q.Clear(e)
		q.Dispatch(k, x, a)
		q.Dispatch(k, a, kept) // nobody reads it
		q.Dispatch(k, a, b)
		q.Dispatch(k, b, c)
		q.Dispatch(last, c, e)
		q.Dispatch(k, e, b)
	})
	if len(results) != 3 || results[0].Kernel != "clear" || results[1].Kernel != "twice" || results[2].Kernel != "last" || results[2].Info != "told" {
		t.Fatalf("results %+v", results)
	}
	for _, r := range results {
		if r.Trouble != "" {
			t.Errorf("%s: %s", r.Kernel, r.Trouble)
		}
	}
	got, x := make([]float32, 100), make([]float32, 100)
	if err := openDevice(t).Read(kept, got); err != nil {
		t.Fatal(err)
	}
	if got[7] != 0 {
		t.Error("an op that nothing needs has run")
	}
	Noise(x, 1, 1)
	marks := p.dependencies(map[int]bool{0: true, 1: true, 5: true})
	for n, want := range []bool{true, true, false, true, true, true, false} {
		if marks[n] != want {
			t.Errorf("op %d: needed %v, want %v", n, marks[n], want)
		}
	}
	if !p.Covers(p) {
		t.Error("a program does not cover itself")
	}
	q := NewProgram("other", SoftwareTarget)
	q.Dispatch(k, NewTensor("x", 96), NewTensor("y", 96))
	if p.Covers(q) {
		t.Error("another shape counts as the same")
	}
}
