package layers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// The convolutions of PyTorch (testdata/golden/make_methods.py): outputs and gradients.
func TestConvolutionAgainstPyTorch(t *testing.T) {
	g := golden.Open(t, "layers.safetensors")
	for _, c := range []struct {
		name        string
		stride, pad int
	}{
		{"conv1x1", 1, 0},
		{"conv1x1_s2_odd", 2, 0},
		{"conv1x1_s2_even", 2, 0},
		{"conv3x3", 1, 1},
		{"conv3x3_s2_odd", 2, 1},
		{"conv3x3_s2_even", 2, 1},
		{"conv3x3_nopad", 1, 0},
		{"conv3x3_on_1x1", 1, 1},
		{"conv3x3_s2_on_1x1", 2, 1},
		{"conv3x3_s2_on_2x2", 2, 1},
		{"conv7x7_s2", 2, 3},
		{"conv7x7_s2_odd", 2, 3},
		{"conv7x7_s2_small", 2, 3},
		{"conv3x3_s2_bias", 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				shape := g.Shape(c.name + ".weight")
				l := Convolution{Weight: in.golden(g, c.name+".weight"), Stride: c.stride, Pad: c.pad}
				l.DWeight = in.values("dweight", make([]float32, l.Weight.Len()), shape...)
				if g.Has(c.name + ".bias") {
					l.Bias, l.DBias = in.golden(g, c.name+".bias"), in.values("dbias", make([]float32, shape[0]), shape[0])
				}
				y := l.Forward(p, in.goldenMap(g, c.name+".input"))
				dy := in.pixels(g, c.name+".grad.output")
				dx := l.BackwardInput(p, dy, gpu.Tensor{})
				l.BackwardWeight(p, dy)
				output, _, _ := pixels(g, c.name+".output")
				gradient, _, _ := pixels(g, c.name+".grad.input")
				all := []wanted{
					{"output", y.Tensor, output, 1e-5},
					{"grad.input", dx, gradient, 1e-5},
					{"grad.weight", l.DWeight, g.Float32s(c.name + ".grad.weight"), 1e-5},
				}
				if !l.Bias.IsZero() {
					all = append(all, wanted{"grad.bias", l.DBias, g.Float32s(c.name + ".grad.bias"), 1e-5})
				}
				in.goldens(t, p, all)
			})
		})
	}
}

// Shapes that fill neither blocks nor vec4s, by a tile and by texels, two of them by every variant that has a kernel: strides
// that leave pixels out, one pixel, more channels than a block has columns, splits of both kinds, gradients added to what
// is there.
func TestConvolutionTwins(t *testing.T) {
	for i, c := range []struct{ N, H, W, in, out, K, stride, pad int }{
		{2, 9, 7, 5, 6, 3, 1, 1},
		{1, 11, 13, 3, 70, 7, 2, 3},
		{3, 1, 1, 8, 4, 3, 2, 1},
		{2, 10, 9, 20, 17, 4, 3, 2},
		{5, 6, 7, 68, 20, 3, 2, 1},
		{1, 7, 8, 4, 4, 2, 3, 0},
		{30, 6, 6, 4, 8, 3, 1, 1},
		{2, 8, 8, 132, 64, 1, 2, 0},
	} {
		for _, v := range variants {
			all := i == 3 || i == 6 // not whole vec4s of channels, and whole ones
			if v.member == gpu.Register || !all && v.name != "texel 8x8" && v.name != "tile 64x64x8 4x4" {
				continue
			}
			t.Run(fmt.Sprint(c, " ", v.name), func(t *testing.T) {
				target := gpu.GPUTarget
				target.Matmul = v.member
				p := gpu.NewProgram(t.Name(), target)
				for _, form := range []string{"NN", "TN"} { // every class of shapes
					p.Target.Choices = choiceOfAll(p.Target.Choices, form, v.name)
				}
				var in inputs
				l := Convolution{
					Weight: in.noise("weight", c.out, c.in, c.K, c.K), DWeight: in.noise("dweight", c.out, c.in, c.K, c.K),
					Stride: c.stride, Pad: c.pad,
				}
				if i%2 == 1 {
					l.Bias, l.DBias = in.noise("bias", c.out), in.noise("dbias", c.out)
				}
				y := l.Forward(p, in.noiseMap("x", c.N, c.H, c.W, c.in))
				dy := in.noise("dy", y.Tensor.Shape...)
				l.BackwardInput(p, dy, gpu.Tensor{})
				l.BackwardInput(p, dy, in.noise("dx", l.x.Tensor.Shape...))
				l.BackwardWeight(p, dy)
				for _, m := range matmulsOf(p) {
					if m.Variant != v.name {
						t.Errorf("%v was recorded with %s", m, v.name)
					}
				}
				in.check(t, p)
			})
		}
	}
}

// choiceOfAll adds a variant as the choice for every class of small shapes.
func choiceOfAll(c gpu.Choices, form, name string) gpu.Choices {
	all := gpu.Choices{}
	for k, v := range c {
		all[k] = v
	}
	for m := range 13 {
		for n := range 9 {
			for k := range 13 {
				all[fmt.Sprintf("%s.%d.%d.%d", form, m, n, k)] = name
				all[fmt.Sprintf("%s.%d.%d.%df", form, m, n, k)] = name
			}
		}
	}
	return all
}

func TestConvolutionRefusesSmallMaps(t *testing.T) {
	p := gpu.NewProgram("small", gpu.SoftwareTarget)
	var in inputs
	l := Convolution{Weight: in.noise("weight", 4, 4, 5, 5), Stride: 1, Pad: 1}
	l.Forward(p, in.noiseMap("x", 1, 2, 9, 4))
	if err := p.Err(); err == nil || !strings.Contains(err.Error(), "smaller than a convolution's kernel") {
		t.Errorf("2 rows under a kernel of 5 give %v", err)
	}
}
