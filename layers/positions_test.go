package layers

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/nlpodyssey/safetensors"
)

// The positions that PyTorch's bicubic interpolation made of a 4 x 4 grid, for pictures of several shapes.
func TestPositionWeightsAgainstPyTorch(t *testing.T) {
	const side, D, patch = 4, 48, 8
	data, err := os.ReadFile("../testdata/golden/vit.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Deserialize(data)
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []float32 {
		view, ok := file.Tensor(name)
		if !ok {
			t.Fatalf("the golden file has no %s", name)
		}
		v := make([]float32, len(view.Data())/4)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(view.Data()[4*i:]))
		}
		return v
	}
	stored := read("weights.pos_embed")
	for _, c := range []struct{ H, W int }{{16, 16}, {40, 24}, {65, 35}, {8, 8}, {96, 96}} {
		t.Run(fmt.Sprintf("%dx%d", c.H, c.W), func(t *testing.T) {
			want := read(fmt.Sprintf("%dx%d.positions", c.H, c.W))
			m := PositionWeights(side, c.H/patch, c.W/patch)
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
