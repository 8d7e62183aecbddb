package ref

import (
	"fmt"
	"testing"
)

func TestConvolutionBackward(t *testing.T) {
	for _, c := range []Convolution{
		{N: 2, H: 5, W: 4, I: 3, O: 2, K: 3, Stride: 1, Pad: 1},
		{N: 1, H: 6, W: 5, I: 2, O: 5, K: 3, Stride: 2, Pad: 1},
		{N: 1, H: 7, W: 5, I: 1, O: 2, K: 1, Stride: 2},
		{N: 1, H: 9, W: 10, I: 1, O: 1, K: 4, Stride: 3, Pad: 2},
		{N: 1, H: 1, W: 2, I: 2, O: 1, K: 3, Stride: 2, Pad: 1},
		{N: 1, H: 7, W: 3, I: 1, O: 1, K: 2, Stride: 3}, // pixels that no window reaches
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			OH, OW := c.Out()
			I, O := quads(c.I), quads(c.O)
			x, weight, dy := make([]float32, c.N*c.H*c.W*I), noise(2, c.O*c.I*c.K*c.K), make([]float32, c.N*OH*OW*O)
			for _, v := range [][]float32{x, dy} {
				copy(v, noise(uint64(len(v)), len(v)))
			}
			pad := func(v []float32, cols, of int) { // channels that do not exist are zeros
				for i := range v {
					if i%of >= cols {
						v[i] = 0
					}
				}
			}
			pad(x, c.I, I)
			pad(dy, c.O, O)
			b, y := make([]float32, c.K*c.K*I*O), make([]float32, len(dy))
			f := func() float64 {
				c.Weights(b, weight, false)
				g := GatherProduct{Gather: c.Forward(), N: O, BStride: O, PerSplit: c.K * c.K * I}
				g.Run(y, x, b)
				return inner(y, dy)
			}
			f()

			back, dx := make([]float32, c.K*c.K*I*O), make([]float32, len(x))
			c.Weights(back, weight, true)
			for i := range dx {
				dx[i] = 99 // all of it is written
			}
			for _, g := range c.Back() {
				GatherProduct{Gather: g, N: I, BStride: I, PerSplit: c.K * c.K * O}.Run(dx, dy, back)
			}
			partials, dweight := make([]float32, 3*len(b)), make([]float32, len(weight))
			rows := c.Forward().Rows()
			GatherProduct{Gather: c.Forward(), N: O, BStride: O, PerSplit: (rows + 2) / 3}.RunWeights(partials, x, dy)
			c.WeightReduce(dweight, partials, 3)
			checkDifferences(t, "weight", dweight, weight, f)
			all := dx
			dx = nil
			for i := range all { // differences of the channels that exist
				if i%I < c.I {
					dx = append(dx, all[i])
				} else if all[i] != 0 {
					t.Fatalf("channel %d does not exist and has the gradient %g", i%I, all[i])
				}
			}
			some := make([]float32, 0, len(dx))
			for i := range x {
				if i%I < c.I {
					some = append(some, x[i])
				}
			}
			checkDifferences(t, "x", dx, some, func() float64 {
				k := 0
				for i := range x {
					if i%I < c.I {
						x[i] = some[k]
						k++
					}
				}
				return f()
			})
		})
	}
}
