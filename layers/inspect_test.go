package layers

import (
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// Images that no attention gets through are refused before the matrix that resizes their positions is made.
func TestInspectRefusesVastImages(t *testing.T) {
	c := ViTConfig{ImageSize: 224, Patch: 8, Dim: 8, Depth: 1, Heads: 2}
	l := &Params{}
	c.AddParams(l, "")
	p := gpu.NewProgram("vast", gpu.GPUTarget)
	const side = 3000
	images := ByteImages(gpu.NewTensor("images", PixelWords(1, side, side)), 1, side, side, [3]float64{}, [3]float64{1, 1, 1})
	NewViT(c, "", l.NewArena("weights"), nil).Inspect(p, GatherPatches(p, c.Patch, images), Wanted{Blocks: 1})
	if err := p.Err(); err == nil || !strings.Contains(err.Error(), "375 x 375 patches are too large") {
		t.Errorf("it says %v", err)
	}
}
