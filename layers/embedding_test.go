package layers

import (
	"math"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// Images with as many patches as there are stored positions take them as they are where they are square, whatever pixels are
// left over. Where they are not square the reference resizes to the same grid, which changes a little: the
// numbers are those of PyTorch 1.13's F.interpolate(grid, scale_factor=((4 + 0.1) / 4, (4 + 0.1) / 4), mode="bicubic").
func TestPositionsOfTheStoredGrid(t *testing.T) {
	const side, patch, D = 4, 2, 4
	stored := []float32{0, 10, 1, 6, 3, 3, 6, 1, 10, 0, 4, 0, 10, 1, 6, 3}
	resized := []float32{
		-0.116815, 10.007688, 1.217419, 5.647031, 2.731655, 3.192954, 5.973964, 1.508725,
		9.754522, 0.25847, 3.979239, 0.218711, 10.116373, 1.049276, 5.712398, 3.024115,
	}
	positions := make([]float32, D) // the class token's
	for _, v := range stored {
		positions = append(positions, v, v, v, v)
	}
	for _, c := range []struct {
		H, W int
		want []float32
	}{{8, 8, stored}, {9, 9, stored}, {9, 8, resized}, {8, 9, resized}} {
		p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
		var in inputs
		e := Embedding{
			Config: ViTConfig{ImageSize: side * patch, Patch: patch, Dim: D},
			Proj: Linear{
				Weight: in.values("weight", make([]float32, 3*patch*patch*D), D, 3, patch, patch),
				Bias:   in.values("bias", make([]float32, D), D),
			},
			Class:     in.values("class", make([]float32, D), 1, 1, D),
			Positions: in.values("positions", positions, 1, side*side+1, D),
		}
		images := FloatImages(in.values("images", make([]float32, 3*c.H*c.W), 1, 3, c.H, c.W))
		x, _ := e.Forward(p, GatherPatches(p, patch, images))
		p.Pin(x)
		got := make([]float32, x.Len())
		if err := in.run(p, func() error {
			if err := p.Run(); err != nil {
				return err
			}
			return p.Read(x, got)
		}); err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if v := got[(1+i)*D]; math.Abs(float64(v-want)) > 2e-6*10 {
				t.Errorf("%d x %d pixels: position %d is %g, want %g", c.H, c.W, i, v, want)
			}
		}
	}
}
