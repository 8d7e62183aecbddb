package layers

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// norm is a batch norm over noise with everything that it has.
func (in *inputs) norm(C int, affine bool) BatchNorm {
	positive := make([]float32, C)
	for i := range positive {
		positive[i] = 0.5 + float32(i%7)
	}
	b := BatchNorm{
		RunningMean: in.noise("running_mean", C), RunningVar: in.values("running_var", positive, C),
		Count: in.values("count", []float32{3}),
	}
	if affine {
		b.Weight, b.Bias = in.noise("weight", C), in.noise("bias", C)
		b.DWeight, b.DBias = in.noise("dweight", C), in.noise("dbias", C)
	}
	return b
}

// Every form of the layer beside its twins: few rows, many tiles, channels that fill no vec4.
func TestBatchNormTwins(t *testing.T) {
	for i, s := range [][2]int{{2, 1}, {3, 5}, {70, 4}, {7, 260}, {5000, 12}, {20011, 3}} {
		for k := range 4 {
			form := (i + 5*k) % 12 // a third of the forms at each shape, all of them at three
			mode, relu, kind := Mode(form%2), form/2%2 == 1, (form/4+i)%3
			t.Run(fmt.Sprintf("%v %d", s, form), func(t *testing.T) {
				eachTarget(t, func(t *testing.T, p *gpu.Program) {
					var in inputs
					b := in.norm(s[1], kind != 0)
					b.Mode, b.ReLU = mode, relu
					x, dy := in.noise("x", s[0], s[1]), in.noise("dy", s[0], s[1])
					if kind == 2 {
						b.forwardAdd(p, x, in.noise("residual", s[0], s[1]))
						b.backwardAdd(p, dy)
					} else {
						b.Forward(p, x)
						b.Backward(p, dy)
					}
					in.check(t, p)
				})
			})
		}
	}
}

func TestBatchNormNeedsTwoRows(t *testing.T) {
	p := gpu.NewProgram("one row", gpu.SoftwareTarget)
	var in inputs
	b := in.norm(4, true)
	b.Forward(p, in.noise("x", 1, 4))
	if err := p.Err(); err == nil || !strings.Contains(err.Error(), "2 values of each channel") {
		t.Errorf("one row gives %v", err)
	}
}

// The numbers of PyTorch's layer (testdata/golden/make_methods.py): one or more batches in turn, then evaluation.
func TestBatchNormAgainstPyTorch(t *testing.T) {
	g := golden.Open(t, "layers.safetensors")
	const loose = "bn2d_on_1x1.0.grad.input" // two rows cancel: README-methods.md
	for _, name := range []string{
		"bn2d", "bn2d_two_sizes", "bn2d_on_1x1", "bn1d", "bn1d_no_affine", "bn1d_constant_channel", "bn1d_large_mean",
		"bn1d_synchronised",
	} {
		t.Run(name, func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				C := g.Shape(name + ".running_mean.init")[0]
				run := BatchNorm{
					RunningMean: in.golden(g, name+".running_mean.init"), RunningVar: in.golden(g, name+".running_var.init"),
					Count: in.values("count", []float32{0}),
				}
				if g.Has(name + ".weight") {
					run.Weight, run.Bias = in.golden(g, name+".weight"), in.golden(g, name+".bias")
				}
				var all []wanted
				batches := 0
				for _, batch := range []string{".0", ".1", ".eval"} {
					tag := name + batch
					if !g.Has(tag + ".input") {
						continue
					}
					b := run
					if batch == ".eval" {
						b.Mode = Evaluating
					} else {
						batches++
					}
					if !b.Weight.IsZero() {
						b.DWeight, b.DBias = in.values("dweight", make([]float32, C), C), in.values("dbias", make([]float32, C), C)
					}
					want := func(what string, got gpu.Tensor) {
						v, _, _ := pixels(g, tag+"."+what)
						tolerance := 1e-5
						if tag+"."+what == loose {
							tolerance = 2e-2
						}
						all = append(all, wanted{tag + "." + what, got, v, tolerance})
					}
					want("output", b.Forward(p, in.pixels(g, tag+".input")))
					want("grad.input", b.Backward(p, in.pixels(g, tag+".grad.output")))
					if !b.Weight.IsZero() {
						all = append(all,
							wanted{tag + ".grad.weight", b.DWeight, g.Float32s(tag + ".grad.weight"), 1e-5},
							wanted{tag + ".grad.bias", b.DBias, g.Float32s(tag + ".grad.bias"), 1e-5})
					}
				}
				last := fmt.Sprintf("%s.%d", name, batches-1)
				all = append(all,
					wanted{last + ".running_mean", run.RunningMean, g.Float32s(last + ".running_mean"), 1e-5},
					wanted{last + ".running_var", run.RunningVar, g.Float32s(last + ".running_var"), 1e-5},
					wanted{"count", run.Count, []float32{float32(g.Ints(last + ".num_batches_tracked")[0])}, 0})
				in.goldens(t, p, all)
			})
		})
	}
}

// A channel that is not finite leaves its running statistics as they were, and its output is not finite: a ReLU does not
// hide it. Other channels go on.
func TestBatchNormNotFinite(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), 3e38} {
		eachTarget(t, func(t *testing.T, p *gpu.Program) {
			const R, C = 300, 4
			var in inputs
			b := in.norm(C, true)
			b.ReLU = true
			x := in.noise("x", R, C)
			values := in[len(in)-1].value
			values[77*C+2], values[78*C+2] = bad, -bad
			y := p.Pin(b.Forward(p, x))
			if err := in.run(p, func() error {
				if err := p.Run(); err != nil {
					return err
				}
				out, mean, variance := make([]float32, R*C), make([]float32, C), make([]float32, C)
				for _, r := range []struct {
					t gpu.Tensor
					v []float32
				}{{y, out}, {b.RunningMean, mean}, {b.RunningVar, variance}} {
					if err := p.Read(r.t, r.v); err != nil {
						return err
					}
				}
				before := func(name string) []float32 {
					return in[slices.IndexFunc(in, func(i input) bool { return i.t.Name == name })].value
				}
				for c := range C {
					kept := mean[c] == before("running_mean")[c] && variance[c] == before("running_var")[c]
					if kept != (c == 2) {
						t.Errorf("%g: channel %d's statistics were %g and %g and are %g and %g", bad, c,
							before("running_mean")[c], before("running_var")[c], mean[c], variance[c])
					}
				}
				if bad != 3e38 && !slices.ContainsFunc(out, func(v float32) bool { return v != v }) {
					t.Errorf("%g: the output hides it", bad)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The same bits come out again.
func TestBatchNormRepeats(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		const R, C = 4099, 12
		var in inputs
		b := in.norm(C, true)
		y := p.Pin(b.Forward(p, in.noise("x", R, C)))
		dx := p.Pin(b.Backward(p, in.noise("dy", R, C)))
		if err := in.run(p, func() error {
			var first []float32
			for range 2 {
				if err := p.Run(); err != nil {
					return err
				}
				got := make([]float32, 2*R*C)
				if err := p.Read(y, got[:R*C]); err != nil {
					return err
				}
				if err := p.Read(dx, got[R*C:]); err != nil {
					return err
				}
				if first != nil && !slices.Equal(first, got) {
					t.Error("another run gives other bits")
				}
				first = got
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// The tensors of a layer, and what it is bound to.
func TestBatchNormParams(t *testing.T) {
	l := &Params{}
	l.addBatchNorm("a.1", 6)
	var got []string
	for _, p := range l.List {
		got = append(got, fmt.Sprint(p.Name, p.Shape, p.Init.Constant, p.Decay, p.Buffer))
	}
	want := []string{
		"a.1.weight[6] 1 false false", "a.1.bias[6] 0 false false", "a.1.running_mean[6] 0 false true",
		"a.1.running_var[6] 1 false true", "a.1.num_batches_tracked[] 0 false true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the layout is %q, want %q", got, want)
	}
	b := bindBatchNorm("a.1", l.NewArena("student"), l.NewArena("gradients"), Evaluating)
	for name, x := range map[string]gpu.Tensor{
		"student.a.1.weight": b.Weight, "student.a.1.bias": b.Bias, "gradients.a.1.weight": b.DWeight,
		"gradients.a.1.bias": b.DBias, "student.a.1.running_mean": b.RunningMean, "student.a.1.running_var": b.RunningVar,
		"student.a.1.num_batches_tracked": b.Count,
	} {
		if x.Name != name {
			t.Errorf("%s is bound to %s", name, x.Name)
		}
	}
	if b = bindBatchNorm("a.1", l.NewArena("teacher"), nil, Training); !b.DWeight.IsZero() || b.Mode != Training {
		t.Error("a network without gradients has some")
	}
}
