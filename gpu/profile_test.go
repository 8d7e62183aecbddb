package gpu

import (
	"testing"
	"time"
)

const twice = `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) g: vec3u) { if g.x < 100u { y[g.x] = 2.0 * x[g.x]; } }
`

// twiceKernel doubles 100 elements.
func twiceKernel() Kernel {
	return Kernel{Name: "twice", Source: twice, Groups: [3]int{2, 1, 1}, Flops: 100, Twin: func(a [][]float32) {
		for i, v := range a[0] {
			a[1][i] = 2 * v
		}
	}}
}

func TestProfile(t *testing.T) {
	d := openDevice(t)
	p := NewProgram("profile", SoftwareTarget)
	x, y := NewTensor("x", 100), p.Scratch("y", 100)
	defer Release(x)
	p.Section("doubling")
	p.Clear(x)
	k := twiceKernel()
	k.Info = "told"
	p.Dispatch(k, x, y)
	if err := p.Build(d); err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	times, err := p.Profile(50)
	if err != nil {
		t.Fatal(err)
	}
	if len(times) != 2 || times[0].Kernel != "clear" || times[1].Kernel != "twice" || times[1].Section != "doubling" || times[1].Info != "told" {
		t.Errorf("ops %+v", times)
	}
	if sums := SecondsBySection(times); sums["doubling"] != times[0].Seconds+times[1].Seconds {
		t.Errorf("the sections' times are %v", sums)
	}
	if times[1].Seconds <= 0 || times[1].Flops != 100 || times[1].Bytes != 800 {
		t.Errorf("the doubling's time is %+v", times[1])
	}
}

// A GPU repeats an op until the clock and the cost of submitting are small beside the sum; a software adapter as often as it is
// told within the same time.
func TestRepeatsOfAMeasurement(t *testing.T) {
	const submitting = 100 * time.Microsecond
	measure := func(software bool, op time.Duration, reps int) (repeats, submissions int, seconds float64) {
		repeats = 1
		for {
			submissions++
			seconds = (submitting + time.Duration(repeats)*op).Seconds()
			next := repeatsFor(software, repeats, seconds, reps)
			if next <= repeats {
				return repeats, submissions, seconds / float64(repeats)
			}
			repeats = next
		}
	}
	for _, op := range []time.Duration{5 * time.Microsecond, 30 * time.Microsecond, time.Millisecond, 12 * time.Millisecond, 30 * time.Millisecond} {
		repeats, submissions, seconds := measure(false, op, 1)
		if total := time.Duration(repeats) * op; total < 15*time.Millisecond || op < 10*time.Millisecond && total > 25*time.Millisecond || submissions > 5 {
			t.Errorf("%s on a GPU: %d repeats, %d submissions", op, repeats, submissions)
		}
		if off := seconds/op.Seconds() - 1; off > 0.01 {
			t.Errorf("%s on a GPU is measured %.1f %% too long", op, 100*off)
		}
	}
	if repeats, _, _ := measure(false, time.Nanosecond, 1); repeats != mostRepeats {
		t.Errorf("nothing at all is repeated %d times", repeats)
	}
	for reps, want := range map[int]int{1: 1, 5: 5, 50: 18} {
		if repeats, submissions, _ := measure(true, time.Millisecond, reps); repeats != want || submissions > 2 {
			t.Errorf("in software, up to %d: %d repeats, %d submissions", reps, repeats, submissions)
		}
	}
}

// On a GPU the repeats of an op are dispatches of one submission, and equal ops are measured once. The adapter of the tests
// stands in for one.
func TestProfileAsOnAGPU(t *testing.T) {
	d := openDevice(t)
	software := d.Adapter.Software
	d.Adapter.Software = false
	defer func() { d.Adapter.Software = software }()
	submissions := func(ops int) uint32 {
		p := NewProgram("profile", GPUTarget)
		x, y := NewTensor("x", 100), p.Scratch("y", 100)
		defer Release(x)
		for range ops {
			p.Dispatch(twiceKernel(), x, y)
		}
		if err := p.Build(d); err != nil {
			t.Fatal(err)
		}
		defer p.Release()
		made := d.canary.made
		times, err := p.Profile(1)
		if err != nil || len(times) != ops || times[0].Seconds <= 0 || times[0].Seconds > 0.01 || times[ops-1].Seconds != times[0].Seconds {
			t.Fatalf("%+v, %v", times, err)
		}
		return d.canary.made - made
	}
	if one, many := submissions(1), submissions(20); one > 20 || many > 20 {
		t.Errorf("one op is measured by %d submissions, 20 equal ones by %d", one, many)
	}
}
