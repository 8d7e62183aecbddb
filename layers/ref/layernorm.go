package ref

import "math"

// LayerNormForward is the twin of layernorm_forward.wgsl: x, y (N, C); weight, bias (C); stats (N, 2).
func LayerNormForward(y, stats, x, weight, bias []float32) {
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

// LayerNormBackwardInput is the twin of layernorm_backward_input.wgsl: dx, dy, x (N, C); residual (N, C) or nil.
func LayerNormBackwardInput(dx, dy, x, weight, stats, residual []float32) {
	C := len(weight)
	for r := range len(x) / C {
		mean, rstd := float64(stats[2*r]), float64(stats[2*r+1])
		var sg, sgn float64
		for c := range C {
			g := float64(dy[r*C+c]) * float64(weight[c])
			sg += g
			sgn += g * (float64(x[r*C+c]) - mean) * rstd
		}
		for c := range C {
			g, n := float64(dy[r*C+c])*float64(weight[c]), (float64(x[r*C+c])-mean)*rstd
			v := rstd * (g - sg/float64(C) - n*sgn/float64(C))
			if residual != nil {
				v += float64(residual[r*C+c])
			}
			dx[r*C+c] = float32(v)
		}
	}
}

// LayerNormBackwardWeight is the twin of layernorm_backward_weight.wgsl: out is dweight (C) and dbias (C), added to, or
// the partials (S, 2, C) of tiles of each rows; dy, x (N, C); stats (N, 2).
func LayerNormBackwardWeight(out [][]float32, dy, x, stats []float32, each int) {
	N := len(stats) / 2
	C := len(x) / N
	for s := range (N + each - 1) / each {
		for c := range C {
			var w, b float64
			for r := s * each; r < min(s*each+each, N); r++ {
				g := float64(dy[r*C+c])
				w += g * (float64(x[r*C+c]) - float64(stats[2*r])) * float64(stats[2*r+1])
				b += g
			}
			if len(out) == 2 {
				out[0][c], out[1][c] = float32(float64(out[0][c])+w), float32(float64(out[1][c])+b)
			} else {
				out[0][2*s*C+c], out[0][(2*s+1)*C+c] = float32(w), float32(b)
			}
		}
	}
}
