package gpu

import (
	"strings"
	"testing"
)

// repeated runs a doubling kernel n times by a selftest; change, if set, is called ahead of run number at with its input.
func repeated(t *testing.T, n, at int, change func(x Tensor)) []TestResult {
	t.Helper()
	d := openDevice(t)
	p, x, sum := NewProgram("repeated", SoftwareTarget), NewTensor("x", 100), NewTensor("sum", 100)
	y := p.Scratch("y", 100)
	p.Dispatch(elementwise("twice", "y[i] = 2.0 * x[i];"), x, y)
	adds := elementwise("adds", "y[i] += 2.0 * x[i];")
	adds.Twin = func(a [][]float32) {
		for i, v := range a[0] {
			a[1][i] += 2 * v
		}
	}
	p.Dispatch(adds, y, sum)
	defer Release(x, sum)
	defer p.Release()
	if err := p.Build(d); err != nil {
		t.Fatal(err)
	}
	v := make([]float32, 100)
	Noise(v, 1, 1)
	if err := d.Write(x, v); err != nil {
		t.Fatal(err)
	}
	runs := map[string]int{}
	s := &SelfTest{Repeat: n, Before: func(kernel string) error {
		if runs[kernel]++; kernel == "twice" && runs[kernel] == at {
			change(x)
		}
		return nil
	}}
	if err := s.Run(p); err != nil {
		t.Fatal(err)
	}
	if runs["twice"] != max(n, 1) && at == 0 {
		t.Errorf("%d runs, want %d", runs["twice"], n)
	}
	return s.Results
}

// Kernels that give the same bytes each time pass, those that add to what was there too.
func TestSelfTestRepeatsFromTheSameContents(t *testing.T) {
	for _, n := range []int{0, 1, 5} {
		for _, r := range repeated(t, n, 0, nil) {
			if r.Trouble != "" || r.Differs {
				t.Errorf("%d runs: %s: %s", n, r.Kernel, r.Trouble)
			}
		}
	}
}

// One bit that is another in one run of many is a failure, named as what it is; later kernels are none the worse.
func TestSelfTestFindsARaceThatShowsOnce(t *testing.T) {
	results := repeated(t, 6, 4, func(x Tensor) {
		v := make([]float32, 100)
		Noise(v, 1, 1)
		v[57] += 1e-6
		if err := openDevice(t).Write(x, v); err != nil {
			t.Error(err)
		}
	})
	if len(results) != 2 || results[1].Trouble != "" {
		t.Fatalf("results %+v", results)
	}
	r := results[0]
	if !r.Differs || !strings.HasPrefix(r.Trouble, "run 4 of 6 left other bytes than run 1 (element 57 of y [100]: ") || !strings.Contains(r.Trouble, "race") {
		t.Errorf("differs %v, trouble %q", r.Differs, r.Trouble)
	}
}
