package ref

import "testing"

func TestRownormBackward(t *testing.T) {
	const N, C = 3, 8
	x, dy := noise(1, N*C), noise(2, N*C)
	y, norm, dx := make([]float32, N*C), make([]float32, N), make([]float32, N*C)
	f := func() float64 {
		RownormForward(y, norm, x)
		return inner(y, dy)
	}
	f()
	RownormBackward(dx, dy, y, norm)
	checkDifferences(t, "x", dx, x, f)
}

func TestWeightnormBackward(t *testing.T) {
	const K, D = 3, 8
	v, g, dw := noise(1, K*D), noise(2, K), noise(3, K*D)
	w, norm := make([]float32, K*D), make([]float32, K)
	f := func() float64 {
		WeightnormForward(w, norm, v, g)
		return inner(w, dw)
	}
	f()
	dv, dg, frozen := make([]float32, K*D), make([]float32, K), make([]float32, K*D)
	WeightnormBackward(dv, dg, dw, v, g, norm)
	WeightnormBackward(frozen, nil, dw, v, g, norm)
	checkDifferences(t, "v", dv, v, f)
	f()
	checkDifferences(t, "v with g frozen", frozen, v, f)
	f()
	checkDifferences(t, "g", dg, g, f)
}
