package layers

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestPatchesOfBytes(t *testing.T) {
	for _, c := range []struct{ B, H, W, patch int }{{1, 1, 1, 1}, {3, 5, 7, 2}, {2, 28, 28, 7}, {1, 33, 17, 8}} {
		var in inputs
		p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
		words := make([]uint32, PixelWords(c.B, c.H, c.W))
		r := rand.New(rand.NewPCG(1, 2))
		for i := range words {
			words[i] = r.Uint32()
		}
		bytes := in.values("bytes", gpu.Floats(words), len(words))
		ByteImages(bytes, c.B, c.H, c.W, [3]float64{0.485, 0.456, 0.406}, [3]float64{0.229, 0.224, 0.225}).patches(p, c.patch)
		in.check(t, p)
	}
}

func TestTokens(t *testing.T) {
	for _, c := range []struct{ B, H, W, patch, D int }{{1, 7, 7, 7, 4}, {3, 17, 25, 8, 12}, {2, 28, 28, 7, 96}} {
		for _, accumulate := range []bool{false, true} {
			t.Run(fmt.Sprint(c, accumulate), func(t *testing.T) {
				var in inputs
				p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
				FloatImages(in.noise("images", c.B, 3, c.H, c.W)).patches(p, c.patch)
				P := (c.H / c.patch) * (c.W / c.patch)
				patches, positions := in.noise("patches", c.B*P, c.D), in.noise("positions", P+1, c.D)
				x := tokensForward(p, patches, in.noise("class", c.D), positions, c.B)
				tokensBackward(p, x, c.B)
				tokensBackwardPosition(p, x, in.noise("dpositions", P+1, c.D), in.noise("dclass", c.D), c.B, accumulate)
				in.check(t, p)
			})
		}
	}
}
