package gpu

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// What passes a limit is named with what it needs and the limit, also in the program's error.
func TestRecordingTellsWhatPassesALimit(t *testing.T) {
	change := func(change func(*Kernel)) Kernel {
		k := twiceKernel()
		change(&k)
		return k
	}
	small := func() []Tensor { return []Tensor{NewTensor("x", 100), NewTensor("y", 100)} }
	staged := func(k *Kernel) {
		k.Source = strings.Replace(k.Source, "var<storage, read> x: array<f32>", "var x: texture_2d<f32>", 1)
	}
	many := Kernel{Name: "many", Groups: [3]int{1, 1, 1}, Source: "@compute @workgroup_size(1) fn main() {}\n"}
	var nine []Tensor
	for i := range 9 {
		many.Source += fmt.Sprintf("@group(0) @binding(%d) var<storage, read> x%d: array<f32>;\n", i, i)
		nine = append(nine, NewTensor("x", 4))
	}
	for name, c := range map[string]struct {
		kernel Kernel
		args   []Tensor
		want   LimitError
		text   string
	}{
		"binding": {
			twiceKernel(),
			[]Tensor{NewTensor("huge", 2, 20<<20), NewTensor("y", 100)},
			LimitError{"twice", "huge [2 20971520]", "bytes in one binding", 160 << 20, 128 << 20},
			"program limits: kernel twice: tensor huge [2 20971520] needs 160.0 MiB in one binding, the limit is 128.0 MiB",
		},
		"a little over": {
			twiceKernel(),
			[]Tensor{NewTensor("huge", 32<<20+4), NewTensor("y", 100)},
			LimitError{"twice", "huge [33554436]", "bytes in one binding", 128<<20 + 16, 128 << 20},
			"needs 128.1 MiB in one binding, the limit is 128.0 MiB",
		},
		"texture": {
			change(staged),
			[]Tensor{NewTensor("long", 1, 33<<20), NewTensor("y", 100)},
			LimitError{"twice", "long [1 34603008]", "bytes in one texture", 132 << 20, 8191 * 1024 * 16},
			"needs 132.0 MiB in one texture",
		},
		"groups": {
			change(func(k *Kernel) { k.Groups[1] = 70000 }), small(),
			LimitError{"twice", "", "workgroups along y", 70000, 65535},
			"program limits: kernel twice needs 70000 workgroups along y, the limit is 65535",
		},
		"trips": {
			change(func(k *Kernel) { k.Trips = 40000 }), small(),
			LimitError{"twice", "", "loop turns per invocation", 40000, 30000},
			"needs 40000 loop turns",
		},
		"invocations": {
			change(func(k *Kernel) {
				k.Source = strings.Replace(k.Source, "@workgroup_size(64)", "@workgroup_size(512)", 1)
			}), small(),
			LimitError{"twice", "", "invocations per workgroup", 512, 256},
			"needs 512 invocations",
		},
		"storage buffers": {many, nine, LimitError{"many", "", "storage buffers", 9, 8}, "needs 9 storage buffers, the limit is 8"},
		"workgroup memory": {
			change(func(k *Kernel) { k.Source = "var<workgroup> w: array<vec4f, 2000>;\n" + k.Source }), small(),
			LimitError{"twice", "", "bytes of workgroup memory", 32000, 16384},
			"needs 32000 bytes of workgroup memory, the limit is 16384",
		},
	} {
		p := NewProgram("limits", SoftwareTarget)
		p.Dispatch(c.kernel, c.args...)
		err := p.Err()
		var limit *LimitError
		if !errors.As(err, &limit) {
			t.Errorf("%s: the error is %v, want a LimitError", name, err)
			continue
		}
		if *limit != c.want {
			t.Errorf("%s: %+v, want %+v", name, *limit, c.want)
		}
		if !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: the error is %q, want %q in it", name, err, c.text)
		}
	}
}

// A target's device may bind more than any device can: no more than that is recorded.
func TestATargetsBindingIsTheLimit(t *testing.T) {
	huge := NewTensor("huge", 2, 20<<20)
	for binding, fits := range map[int]bool{0: false, 160<<20 - 16: false, 160 << 20: true, DesktopBinding: true} {
		p := NewProgram("limits", Target{Binding: binding})
		p.Dispatch(twiceKernel(), huge, NewTensor("y", 100))
		var limit *LimitError
		if err := p.Err(); fits != (err == nil) || !fits && (!errors.As(err, &limit) || limit.Limit != max(binding, 128<<20)) {
			t.Errorf("160 MiB in a binding of %d: %v", binding, err)
		}
	}
}

// Programs for a device are recorded for what it can bind, and by its kind for what it can do at once.
func TestTargetOfAnAdapter(t *testing.T) {
	d := openDevice(t)
	if got, want := d.Target().Binding, min(d.Adapter.Limits.Binding, d.Adapter.Limits.Buffer); got != want {
		t.Errorf("a binding of %d on an adapter that allows %d", got, want)
	}
	for _, c := range []struct {
		kind           string
		binding, bytes int
		want           Target
	}{
		{"discrete", 1<<31 - 1, 1 << 40, Target{Matmul: Tile, Attention: TileAttention, Binding: 1<<31 - 1, DispatchFlops: discreteFlops}},
		{"integrated", 1 << 32, 1 << 30, Target{Matmul: Tile, Attention: TileAttention, Binding: 1 << 30, DispatchFlops: integratedFlops}},
		{"unknown", 1 << 27, 1 << 28, Target{Matmul: Tile, Attention: TileAttention, Binding: 1 << 27, DispatchFlops: integratedFlops}},
		{"software", 1 << 27, 1 << 31, Target{Software: true, Matmul: Texel, Attention: TexelAttention, Binding: 1 << 27}},
	} {
		a := Adapter{Kind: c.kind, Software: c.kind == "software", Limits: Limits{Binding: c.binding, Buffer: c.bytes}}
		if got := (&Device{Adapter: a}).Target(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.kind, got, c.want)
		}
	}
}

// A mistake is not taken for a limit that a smaller batch would keep.
func TestMistakesAreNoLimitErrors(t *testing.T) {
	x := NewTensor("x", 100)
	for name, args := range map[string][]Tensor{
		"bound twice": {x, x},
		"too few":     {x},
		"empty":       {x, NewTensor("y", 0)},
		"unaligned":   {x.Slice("part", 3, 10), NewTensor("y", 100)},
		"no tensor":   {x, {}},
	} {
		p := NewProgram("mistakes", SoftwareTarget)
		p.Dispatch(twiceKernel(), args...)
		var limit *LimitError
		if err := p.Err(); err == nil || errors.As(err, &limit) || !strings.Contains(err.Error(), "kernel twice: ") {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

// A kept tensor that no adapter's buffers hold is refused before the driver is asked.
func TestBuildTellsWhatPassesTheAdaptersBuffers(t *testing.T) {
	d := openDevice(t)
	huge, y := NewTensor("huge", d.Adapter.Limits.Buffer/4+1024), NewTensor("y", 100)
	defer Release(huge, y)
	p := NewProgram("build", SoftwareTarget)
	p.Dispatch(twiceKernel(), huge.Slice("part", 0, 100), y)
	err := p.Build(d)
	var limit *LimitError
	if !errors.As(err, &limit) || limit.Tensor != "huge" || limit.Limit != d.Adapter.Limits.Buffer || limit.Need <= limit.Limit {
		t.Errorf("the error is %v", err)
	}
}
