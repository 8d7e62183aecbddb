package ref

import "testing"

// Backward twins of ops that are linear in their input.
func TestLinearOpsDifferences(t *testing.T) {
	const B, R, D = 3, 8, 4
	rows := []int{0, 3, 6} // two images of three tokens, one of two
	x, dy := noise(1, R*D), noise(2, B*D)
	y, dx := make([]float32, B*D), make([]float32, R*D)
	ClassRowsBackward(dx, dy, rows, D)
	checkDifferences(t, "class rows", dx, x, func() float64 {
		ClassRows(y, x, rows, D)
		return inner(y, dy)
	})
}

// The two gradients of y = x w^T as training takes them, dx = dy w and dw = dy^T x, with the GELU's slope fused
// into dx.
func TestMatmulDifferences(t *testing.T) {
	const R, N, K = 3, 5, 4
	before, w, bias, dy := noise(1, R*K), noise(2, N*K), noise(3, N), noise(4, R*N)
	x, y := make([]float32, R*K), make([]float32, R*N)
	f := func() float64 {
		for i, v := range before {
			x[i] = float32(Gelu(float64(v)))
		}
		Matmul{M: R, N: N, K: K, BT: true, AStride: K, BStride: K, PerSplit: K, Split: R * N, Bias: bias}.Run(y, x, w)
		return inner(y, dy)
	}
	f()
	dx, dw, db, sums := make([]float32, R*K), make([]float32, N*K), make([]float32, N), make([]float32, N)
	Matmul{M: R, N: K, K: N, AStride: N, BStride: K, PerSplit: N, Split: R * K, GeluSlope: before}.Run(dx, dy, w)
	Matmul{M: N, N: K, K: R, AT: true, AStride: N, BStride: K, PerSplit: R, Split: N * K, Sums: sums}.Run(dw, dy, x)
	ColumnsSum(db, dy, N, R, true)
	checkDifferences(t, "dx through the GELU", dx, before, f)
	checkDifferences(t, "dw", dw, w, f)
	checkDifferences(t, "db", db, bias, f)
	checkDifferences(t, "db beside dw", sums, bias, f)
}
