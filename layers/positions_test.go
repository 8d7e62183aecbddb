package layers

import (
	"fmt"
	"math"
	"strings"
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
			config := ViTConfig{ImageSize: side * patch, Patch: patch, Dim: D}
			resized, err := config.ResizePositions(stored, c.H/patch, c.W/patch)
			if err != nil || len(resized) != len(want) {
				t.Fatalf("%d values, want %d: %v", len(resized), len(want), err)
			}
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
				for _, v := range []float64{v, float64(resized[i])} {
					if e := math.Abs(v - float64(want[i])); e > 1e-6 {
						t.Fatalf("row %d, column %d: %g is off PyTorch's %g by %g", i/D, i%D, v, want[i], e)
					}
				}
			}
		})
	}
}

// The host refuses what a device would.
func TestResizePositionsRefuses(t *testing.T) {
	c := ViTConfig{ImageSize: 28 * 8, Patch: 8, Dim: 1}
	if _, err := c.ResizePositions(make([]float32, 28*28+1), 300, 300); err == nil || !strings.Contains(err.Error(), "take smaller images") {
		t.Errorf("%v", err)
	}
}
