package ref

// ColumnsSum is the twin of columns_sum.wgsl: dy (R, N); out (S, stride) the sums of tiles of `each` rows, or,
// with accumulate, out (N) += the sum of the only tile.
func ColumnsSum(out, dy []float32, N, each int, accumulate bool) {
	R := len(dy) / N
	if accumulate {
		for n := range N {
			out[n] = float32(float64(out[n]) + columnSum(dy, N, n, 0, R))
		}
		return
	}
	stride := (N + 3) / 4 * 4
	for s := range len(out) / stride {
		for n := range stride {
			out[s*stride+n] = 0
			if n < N {
				out[s*stride+n] = float32(columnSum(dy, N, n, s*each, min(s*each+each, R)))
			}
		}
	}
}

// columnSum adds column n of rows first to last - 1.
func columnSum(x []float32, N, n, first, last int) float64 {
	var v float64
	for r := first; r < last; r++ {
		v += float64(x[r*N+n])
	}
	return v
}
