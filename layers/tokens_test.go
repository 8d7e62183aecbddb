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
		bytes := in.values("bytes", bits(words...), len(words))
		GatherPatches(p, c.patch, ByteImages(bytes, c.B, c.H, c.W, [3]float64{0.485, 0.456, 0.406}, [3]float64{0.229, 0.224, 0.225}))
		in.check(t, p)
	}
}

// Images of two sizes: the second's rows begin where the first's end.
func TestTokens(t *testing.T) {
	for _, c := range []struct{ B, H, W, B2, H2, W2, patch, D int }{
		{1, 7, 7, 1, 7, 7, 7, 4}, {3, 17, 25, 2, 9, 8, 8, 12}, {2, 28, 28, 5, 14, 14, 7, 96},
	} {
		for _, accumulate := range []bool{false, true} {
			t.Run(fmt.Sprint(c, accumulate), func(t *testing.T) {
				var in inputs
				p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
				x := GatherPatches(p, c.patch, FloatImages(in.noise("images", c.B, 3, c.H, c.W)), FloatImages(in.noise("small", c.B2, 3, c.H2, c.W2)))
				spans := x.spans()
				patches := in.noise("patches", x.rows.Rows(), c.D)
				tokens, dpatches := p.Scratch("tokens", spans.Rows(), c.D), p.Scratch("dpatches", x.rows.Rows(), c.D)
				for i, s := range spans {
					tokensForward(p, patches, in.noise("class", c.D), in.noise("positions", s.T, c.D), tokens, s, x.grids[i].first)
				}
				for i, s := range spans {
					tokensBackward(p, tokens, dpatches, s, x.grids[i].first)
					tokensBackwardPosition(p, tokens, in.noise("dpositions", s.T, c.D), in.noise("dclass", c.D), s, accumulate)
				}
				in.check(t, p)
			})
		}
	}
}
