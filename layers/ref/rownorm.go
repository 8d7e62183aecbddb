package ref

import "math"

// leastLength is the least length that a row is divided by, as in torch.nn.functional.normalize.
const leastLength = 1e-12

// RownormForward is the twin of rownorm_forward.wgsl: x, y (N, C); size (N).
func RownormForward(y, size, x []float32) {
	C := len(x) / len(size)
	for r := range size {
		length := math.Max(math.Sqrt(dot(x[r*C:r*C+C], x[r*C:r*C+C])), leastLength)
		size[r] = float32(length)
		for c := range C {
			y[r*C+c] = float32(float64(x[r*C+c]) / length)
		}
	}
}

// RownormBackward is the twin of rownorm_backward.wgsl: dy, y, dx (N, C); size (N).
func RownormBackward(dx, dy, y, size []float32) {
	C := len(y) / len(size)
	for r := range size {
		along := 0.0 // a clamped length takes no gradient
		if size[r] > float32(leastLength) {
			along = dot(y[r*C:r*C+C], dy[r*C:r*C+C])
		}
		for c := range C {
			dx[r*C+c] = float32((float64(dy[r*C+c]) - float64(y[r*C+c])*along) / float64(size[r]))
		}
	}
}

// WeightnormForward is the twin of weightnorm_forward.wgsl: v, w (N, C); g, size (N).
func WeightnormForward(w, size, v, g []float32) {
	C := len(v) / len(g)
	for r := range g {
		length := math.Sqrt(dot(v[r*C:r*C+C], v[r*C:r*C+C]))
		size[r] = float32(length)
		for c := range C {
			w[r*C+c] = float32(float64(v[r*C+c]) * float64(g[r]) / length)
		}
	}
}

// WeightnormBackward is the twin of weightnorm_backward.wgsl: dv += (N, C), dg += (N) unless nil; dw, v (N, C);
// g, size (N).
func WeightnormBackward(dv, dg, dw, v, g, size []float32) {
	C := len(v) / len(g)
	for r := range g {
		length := float64(size[r])
		along := dot(v[r*C:r*C+C], dw[r*C:r*C+C]) / length
		for c := range C {
			d := (float64(dw[r*C+c]) - float64(v[r*C+c])/length*along) * float64(g[r]) / length
			dv[r*C+c] = float32(float64(dv[r*C+c]) + d)
		}
		if dg != nil {
			dg[r] = float32(float64(dg[r]) + along)
		}
	}
}
