package ref

import "math"

// SquaredDistance is the twin of squared_distance.wgsl: y, dy (R, K), u (2 B, K), loss (V B).
func SquaredDistance(dy, loss, y, u []float32, B, first int, weight, batchShare float64) {
	K := len(u) / (2 * B)
	for r := range len(y) / K {
		crop, image := first+r/B, r%B
		var sum float64
		for k := range K {
			v, slope := float64(y[r*K+k]), 0.0
			for teacher := range 2 {
				if teacher != crop {
					d := v - float64(u[(teacher*B+image)*K+k])
					sum += d * d
					slope += d
				}
			}
			dy[r*K+k] = float32(2 * weight * slope * batchShare)
		}
		loss[first*B+r] = float32(weight * sum)
	}
}

// ColumnsDeviation is the twin of columns_deviation.wgsl: x (R, K), out (K).
func ColumnsDeviation(out, x []float32) {
	K := len(out)
	R := float64(len(x) / K)
	for k := range out {
		var mean, square float64
		for at := k; at < len(x); at += K {
			mean += float64(x[at]) / R
		}
		for at := k; at < len(x); at += K {
			square += (float64(x[at]) - mean) * (float64(x[at]) - mean)
		}
		out[k] = float32(math.Sqrt(square / R))
	}
}
