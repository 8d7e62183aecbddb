package layers

import (
	"maps"
	"math"
	"slices"
)

// positionWeights returns the matrix (h*w + 1, side^2 + 1) that resizes stored positions to a grid of h x w
// patches; row and column 0 are the class token's, whose position stays. Bicubic with a = -0.75, no antialiasing, edges
// clamped, and coordinates mapped with the scale (h + 0.1) / side, as the reference passes it to PyTorch.
func positionWeights(side, h, w int) []float32 {
	wide := side*side + 1
	m := make([]float32, (h*w+1)*wide)
	m[0] = 1
	rows, cols := cubicTaps(side, h), cubicTaps(side, w)
	for y := range h {
		for x := range w {
			out := m[(y*w+x+1)*wide+1:]
			for sy, wy := range rows[y] {
				for sx, wx := range cols[x] {
					out[sy*side+sx] += float32(wy * wx)
				}
			}
		}
	}
	return m
}

// cubicTaps gives, for each of n outputs, the weight of each of the side inputs that it reads.
func cubicTaps(side, n int) []map[int]float64 {
	scale := float64(float32(side) / float32(float64(n)+0.1))
	taps := make([]map[int]float64, n)
	for i := range taps {
		taps[i] = map[int]float64{}
		at := (float64(i)+0.5)*scale - 0.5
		first := math.Floor(at)
		for k := -1; k <= 2; k++ {
			from := min(max(int(first)+k, 0), side-1)
			taps[i][from] += cubic(at - first - float64(k))
		}
	}
	return taps
}

// cubic is the bicubic kernel with a = -0.75.
func cubic(x float64) float64 {
	const a = -0.75
	x = math.Abs(x)
	switch {
	case x <= 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return ((a*x-5*a)*x+8*a)*x - 4*a
	}
	return 0
}

// A tap is an input that an output reads, and how much of it.
type tap struct {
	from   int
	weight float64
}

// ResizePositions resizes stored positions (side^2 + 1, dim) to (n^2 + 1, dim) on the host, as a backbone resizes them for
// images of n x n patches.
func ResizePositions(stored []float32, side, n, dim int) []float32 {
	out := make([]float32, (n*n+1)*dim)
	copy(out, stored[:dim]) // the class token's
	taps := make([][]tap, n)
	for i, of := range cubicTaps(side, n) {
		for _, from := range slices.Sorted(maps.Keys(of)) { // a sum has one order
			taps[i] = append(taps[i], tap{from, of[from]})
		}
	}
	sums := make([]float64, dim)
	for y := range n {
		for x := range n {
			clear(sums)
			for _, v := range taps[y] {
				for _, h := range taps[x] {
					for d, p := range stored[(v.from*side+h.from+1)*dim:][:dim] {
						sums[d] += v.weight * h.weight * float64(p)
					}
				}
			}
			for d, sum := range sums {
				out[(y*n+x+1)*dim+d] = float32(sum)
			}
		}
	}
	return out
}
