package ref

import (
	"math"
	"math/rand/v2"
	"testing"
)

// noise is normal noise of standard deviation 1.
func noise(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// inner is the scalar whose gradient is checked: the sum of y * dy.
func inner(y, dy []float32) float64 {
	var s float64
	for i := range y {
		s += float64(y[i]) * float64(dy[i])
	}
	return s
}

// checkDifferences holds got beside the central differences, fourth order, of the scalar f, which reads x.
// The step is wide because what the twins return is rounded to float32.
func checkDifferences(t *testing.T, name string, got, x []float32, f func() float64) {
	t.Helper()
	const h = 0.03
	var e, w float64
	for i := range x {
		at := x[i]
		f4 := func(step float64) float64 {
			x[i] = float32(float64(at) + step)
			return f()
		}
		want := (8*(f4(h)-f4(-h)) - (f4(2*h) - f4(-2*h))) / (12 * h)
		x[i] = at
		e += (float64(got[i]) - want) * (float64(got[i]) - want)
		w += want * want
	}
	if !(math.Sqrt(e) <= 2e-4*math.Sqrt(w)) {
		t.Errorf("%s: the gradient is off its finite differences by %.2g of its norm", name, math.Sqrt(e/w))
	}
}
