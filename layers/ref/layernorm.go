// Package ref holds the plain Go twin of every kernel: loops and float64 sums, to test the kernels against.
package ref

import "math"

// LayerNorm is the twin of layernorm_forward.wgsl: x, y (N, C); weight, bias (C); stats (N, 2).
func LayerNorm(y, stats, x, weight, bias []float32) {
	C := len(weight)
	for r := range len(x) / C {
		row := x[r*C : r*C+C]
		mean, rstd := moments(row)
		stats[2*r], stats[2*r+1] = float32(mean), float32(rstd)
		for c, v := range row {
			y[r*C+c] = float32((float64(v)-mean)*rstd*float64(weight[c]) + float64(bias[c]))
		}
	}
}

// moments are a row's mean and the reciprocal of its standard deviation, biased, eps 1e-6.
func moments(x []float32) (mean, rstd float64) {
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	var q float64
	for _, v := range x {
		q += (float64(v) - mean) * (float64(v) - mean)
	}
	return mean, 1 / math.Sqrt(q/float64(len(x))+1e-6)
}
