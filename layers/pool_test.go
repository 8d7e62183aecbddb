package layers

import (
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// goldenMap adds a golden map (N, C, H, W).
func (in *inputs) goldenMap(g *golden.File, name string) Map {
	s := g.Shape(name)
	return Map{N: s[0], H: s[2], W: s[3], Tensor: in.pixels(g, name)}
}

// noiseMap adds a map of noise.
func (in *inputs) noiseMap(name string, n, h, w, channels int) Map {
	return Map{N: n, H: h, W: w, Tensor: in.noise(name, n*h*w, channels)}
}

func TestMaxPoolAgainstPyTorch(t *testing.T) {
	g := golden.Open(t, "layers.safetensors")
	for _, name := range []string{"maxpool_even", "maxpool_odd", "maxpool_1x1", "maxpool_2x3"} {
		t.Run(name, func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				var m MaxPool
				y := m.Forward(p, in.goldenMap(g, name+".input"))
				dx := m.Backward(p, in.pixels(g, name+".grad.output"))
				output, _, _ := pixels(g, name+".output")
				gradient, _, _ := pixels(g, name+".grad.input")
				// where each maximum is, from the number of its pixel in the image
				at, s := g.Ints(name+".indices"), g.Shape(name+".indices")
				places := make([]int, len(at))
				for i, pixel := range at {
					ox, oy, c, b := i%s[3], i/s[3]%s[2], i/s[3]/s[2]%s[1], i/s[3]/s[2]/s[1]
					row, column := pixel/m.x.W-2*oy+1, pixel%m.x.W-2*ox+1
					places[((b*s[2]+oy)*s[3]+ox)*s[1]+c] = 3*row + column
				}
				words := make([]float32, m.places.Len())
				packPlaces(words, places)
				in.goldens(t, p, []wanted{
					{"output", y.Tensor, output, 0},
					{"places", m.places, words, 0},
					{"grad.input", dx, gradient, 1e-5},
				})
			})
		})
	}
}

func TestMeanPoolAgainstPyTorch(t *testing.T) {
	g := golden.Open(t, "layers.safetensors")
	for i := range 3 {
		name := fmt.Sprintf("avgpool.%d", i)
		t.Run(name, func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				x := in.goldenMap(g, name+".input")
				y := p.Scratch("y", x.N, x.Channels())
				meanPool(p, x, y, 0)
				dx := meanPoolBackward(p, x, in.golden(g, name+".grad.output"), 0)
				gradient, _, _ := pixels(g, name+".grad.input")
				in.goldens(t, p, []wanted{
					{"output", y, g.Float32s(name + ".output"), 1e-5}, {"grad.input", dx, gradient, 1e-5},
				})
			})
		})
	}
}

func TestReLUAgainstPyTorch(t *testing.T) {
	g := golden.Open(t, "layers.safetensors")
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		y := reluForward(p, in.golden(g, "relu.input"))
		dx := reluBackward(p, in.golden(g, "relu.grad.output"), y)
		in.goldens(t, p, []wanted{
			{"output", y, g.Float32s("relu.output"), 0}, {"grad.input", dx, g.Float32s("relu.grad.input"), 0},
		})
	})
}

// Shapes that fill neither vec4s nor workgroups, and rows of features that begin behind others.
func TestPoolTwins(t *testing.T) {
	for _, s := range [][4]int{{1, 1, 1, 1}, {3, 2, 5, 4}, {2, 9, 7, 13}, {1, 33, 32, 16}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				x := in.noiseMap("x", s[0], s[1], s[2], s[3])
				var m MaxPool
				y := m.Forward(p, x)
				m.Backward(p, in.noise("dy", y.Tensor.Shape...))
				reluBackward(p, in.noise("dz", x.Tensor.Shape...), reluForward(p, x.Tensor))
				features := in.noise("features", s[0]+5, s[3])
				meanPool(p, x, features, 3)
				meanPoolBackward(p, x, in.noise("dfeatures", s[0]+5, s[3]), 3)
				in.check(t, p)
			})
		})
	}
}
