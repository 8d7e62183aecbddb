package layers

import (
	"fmt"
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

// ResizePositions gives the positions (h*w + 1, Dim) that a backbone of c adds to images of h x w patches, from stored
// ones (Side^2 + 1, Dim), which it shares where the grids are the same. It is what Embedding does on a device, in float64.
func (c ViTConfig) ResizePositions(stored []float32, h, w int) ([]float32, error) {
	side, D := c.Side(), c.Dim
	if h == side && w == side {
		return stored, nil
	}
	if (h*w+1)*(side*side+1) > mostResized {
		return nil, tooManyPatches(side, h, w)
	}
	out := make([]float32, (h*w+1)*D)
	copy(out, stored[:D]) // the class token's
	rows, cols := cubicTaps(side, h), cubicTaps(side, w)
	sum := make([]float64, D)
	for y := range h {
		for x := range w {
			clear(sum)
			for _, sy := range slices.Sorted(maps.Keys(rows[y])) {
				for _, sx := range slices.Sorted(maps.Keys(cols[x])) {
					weight := rows[y][sy] * cols[x][sx]
					for i, v := range stored[(1+sy*side+sx)*D:][:D] {
						sum[i] += weight * float64(v)
					}
				}
			}
			for i, v := range sum {
				out[(1+y*w+x)*D+i] = float32(v)
			}
		}
	}
	return out, nil
}

// mostResized bounds the matrix that resizes positions, in elements: 256 MiB on host and device, enough for more patches
// than attention can loop over.
const mostResized = 1 << 26

func tooManyPatches(side, h, w int) error {
	return fmt.Errorf("images of %d x %d patches are too large to resize the stored positions of %d x %d to: take smaller images", h, w, side, side)
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
