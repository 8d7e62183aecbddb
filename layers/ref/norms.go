package ref

import "math"

// RownormForward is the twin of rownorm_forward.wgsl: x, y (N, C); norm (N).
func RownormForward(y, norm, x []float32) {
	C := len(x) / len(norm)
	for r := range norm {
		row := x[r*C : r*C+C]
		n := max(math.Sqrt(dot(row, row)), 1e-12)
		norm[r] = float32(n)
		for c, v := range row {
			y[r*C+c] = float32(float64(v) / n)
		}
	}
}

// RownormBackward is the twin of rownorm_backward.wgsl: dx, dy, y (N, C); norm (N).
func RownormBackward(dx, dy, y, norm []float32) {
	C := len(y) / len(norm)
	for r, n := range norm {
		along := dot(y[r*C:r*C+C], dy[r*C:r*C+C])
		for c := r * C; c < r*C+C; c++ {
			dx[c] = float32((float64(dy[c]) - float64(y[c])*along) / float64(n))
		}
	}
}

// WeightnormForward is the twin of weightnorm_forward.wgsl: v, w (K, D); g, norm (K).
func WeightnormForward(w, norm, v, g []float32) {
	D := len(v) / len(g)
	for k := range g {
		n := math.Sqrt(dot(v[k*D:k*D+D], v[k*D:k*D+D]))
		norm[k] = float32(n)
		for d := k * D; d < k*D+D; d++ {
			w[d] = float32(float64(g[k]) * float64(v[d]) / n)
		}
	}
}

// WeightnormBackward is the twin of weightnorm_backward.wgsl: dv, dw, v (K, D); g, norm (K); dg (K) or nil.
func WeightnormBackward(dv, dg, dw, v, g, norm []float32) {
	D := len(v) / len(g)
	for k := range g {
		n := float64(norm[k])
		along := dot(dw[k*D:k*D+D], v[k*D:k*D+D]) / n
		for d := k * D; d < k*D+D; d++ {
			dv[d] = float32(float64(dv[d]) + float64(g[k])/n*(float64(dw[d])-along*float64(v[d])/n))
		}
		if dg != nil {
			dg[k] = float32(float64(dg[k]) + along)
		}
	}
}
