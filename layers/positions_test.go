package layers

import (
	"fmt"
	"math"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// The positions that PyTorch's bicubic interpolation made of a 4 x 4 grid (testdata/golden/make.py), for images of
// several shapes.
func TestPositionWeightsAgainstPyTorch(t *testing.T) {
	const side, D, patch = 4, 48, 8
	for _, c := range []struct{ H, W int }{{16, 16}, {40, 24}, {65, 35}, {8, 8}, {96, 96}} {
		t.Run(fmt.Sprintf("%dx%d", c.H, c.W), func(t *testing.T) {
			g := golden.Open(t, "vit.safetensors")
			stored := g.Float32s("weights.pos_embed")
			want := g.Float32s(fmt.Sprintf("%dx%d.positions", c.H, c.W))
			m := positionWeights(side, c.H/patch, c.W/patch)
			const wide = side*side + 1
			if len(m)/wide*D != len(want) {
				t.Fatalf("%d rows, want %d", len(m)/wide, len(want)/D)
			}
			for i := range want {
				var v float64
				for k := range wide {
					v += float64(m[i/D*wide+k]) * float64(stored[k*D+i%D])
				}
				if e := math.Abs(v - float64(want[i])); e > 1e-6 {
					t.Fatalf("row %d, column %d: %g is off PyTorch's %g by %g", i/D, i%D, v, want[i], e)
				}
			}
		})
	}
}

// The same on the host, for square images.
func TestResizePositionsAgainstPyTorch(t *testing.T) {
	const side, D, patch = 4, 48, 8
	for _, pixels := range []int{8, 16, 96} {
		g := golden.Open(t, "vit.safetensors")
		want := g.Float32s(fmt.Sprintf("%dx%d.positions", pixels, pixels))
		got := ResizePositions(g.Float32s("weights.pos_embed"), side, pixels/patch, D)
		if len(got) != len(want) {
			t.Fatalf("%d pixels: %d values, want %d", pixels, len(got), len(want))
		}
		for i := range want {
			if e := math.Abs(float64(got[i]) - float64(want[i])); !(e <= 1e-6) {
				t.Fatalf("%d pixels: element %d is %g, PyTorch's %g", pixels, i, got[i], want[i])
			}
		}
	}
}
