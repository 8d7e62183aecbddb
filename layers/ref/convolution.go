package ref

// A Convolution is a convolution's shape: images (N, H, W, I), weights (O, I, K, K). Channels of an image are padded to
// whole vec4s in memory.
type Convolution struct {
	N, H, W        int
	I, O           int
	K, Stride, Pad int
}

// Out are the rows and columns of the result, (N, OH, OW, O).
func (c Convolution) Out() (h, w int) {
	return (c.H+2*c.Pad-c.K)/c.Stride + 1, (c.W+2*c.Pad-c.K)/c.Stride + 1
}

// Forward is how the kernels go through the input to make the result.
func (c Convolution) Forward() Gather {
	OH, OW := c.Out()
	return Gather{
		Images: c.N, GridH: OH, GridW: OW, H: c.H, W: c.W, C: quads(c.I), Stride: c.Stride, Step: 1, Top: -c.Pad, Left: -c.Pad,
		TapsY: c.K, TapsX: c.K, OutH: OH, OutW: OW, OutStride: 1,
	}
}

// Back is how they go through the result's gradient to make that of the input: pixels whose rows, and columns, have the same
// remainder by Stride take the same taps, so that each pair of remainders is a matmul of its own.
func (c Convolution) Back() []Gather {
	OH, OW := c.Out()
	var all []Gather
	for a := range min(c.Stride, c.H) {
		for b := range min(c.Stride, c.W) {
			// output row i takes part in input row a + Stride*j by tap ky where i*Stride + ky = a + Stride*j + Pad
			ry, rx := (a+c.Pad)%c.Stride, (b+c.Pad)%c.Stride
			g := Gather{
				Images: c.N, GridH: (c.H-a-1)/c.Stride + 1, GridW: (c.W-b-1)/c.Stride + 1, H: OH, W: OW, C: quads(c.O),
				Stride: 1, Step: -1, Top: (a + c.Pad) / c.Stride, Left: (b + c.Pad) / c.Stride,
				TapsY: c.before(ry+1) - c.before(ry), TapsX: c.before(rx+1) - c.before(rx),
				OutH: c.H, OutW: c.W, OutStride: c.Stride, OutTop: a, OutLeft: b,
			}
			g.First = (c.before(ry)*c.K + g.TapsY*c.before(rx)) * g.C
			all = append(all, g)
		}
	}
	return all
}

// before is the number of taps along an axis whose remainder by Stride is less than r.
func (c Convolution) before(r int) int { return r*(c.K/c.Stride) + min(r, c.K%c.Stride) }

// quads is n rounded up to a multiple of 4.
func quads(n int) int { return (n + 3) / 4 * 4 }

// Weights is the twin of convolution_weights.wgsl: the rows of B for Forward, or for Back, from weight (O, I, K, K).
func (c Convolution) Weights(out, weight []float32, back bool) {
	clear(out)
	rows, cols, by := quads(c.I), quads(c.O), Convolution{K: c.K, Stride: 1}
	if back {
		rows, cols, by = cols, rows, c
	}
	for tap := range c.K * c.K {
		ky, kx := tap/c.K, tap%c.K
		ry, rx := ky%by.Stride, kx%by.Stride
		high, wide := by.before(ry+1)-by.before(ry), by.before(rx+1)-by.before(rx)
		place := by.before(ry)*c.K + high*by.before(rx) + ky/by.Stride*wide + kx/by.Stride
		for o := range c.O {
			for i := range c.I {
				row, col := i, o
				if back {
					row, col = o, i
				}
				out[(place*rows+row)*cols+col] = weight[(o*c.I+i)*c.K*c.K+tap]
			}
		}
	}
}

// WeightReduce is the twin of convolution_weight_reduce.wgsl: dweight (O, I, K, K) += the sum of S partials.
func (c Convolution) WeightReduce(dweight, partials []float32, S int) {
	P, Q := quads(c.I), quads(c.O)
	each := c.K * c.K * P * Q
	for at := range dweight {
		o, i, tap := at/c.K/c.K/c.I, at/c.K/c.K%c.I, at%(c.K*c.K)
		v := float64(dweight[at])
		for s := range S {
			v += float64(partials[s*each+(tap*P+i)*Q+o])
		}
		dweight[at] = float32(v)
	}
}
