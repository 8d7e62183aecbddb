package ref

import "testing"

func TestLayerNormBackward(t *testing.T) {
	const N, C = 3, 8
	x, weight, bias, dy, residual := noise(1, N*C), noise(2, C), noise(3, C), noise(4, N*C), noise(5, N*C)
	y, stats := make([]float32, N*C), make([]float32, 2*N)
	f := func() float64 {
		LayerNormForward(y, stats, x, weight, bias)
		return inner(y, dy)
	}
	f()
	dx, dweight, dbias := make([]float32, N*C), make([]float32, C), make([]float32, C)
	LayerNormBackwardInput(dx, dy, x, weight, stats, nil)
	LayerNormBackwardWeight([][]float32{dweight, dbias}, dy, x, stats, N)
	checkDifferences(t, "x", dx, x, f)
	checkDifferences(t, "weight", dweight, weight, f)
	checkDifferences(t, "bias", dbias, bias, f)

	f()
	LayerNormBackwardInput(dx, dy, x, weight, stats, residual)
	checkDifferences(t, "x with residual", dx, x, func() float64 { return f() + inner(x, residual) })
}
