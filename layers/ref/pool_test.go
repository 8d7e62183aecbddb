package ref

import "testing"

func TestPoolBackward(t *testing.T) {
	m := MaxPool{N: 2, H: 5, W: 4, C: 3}
	OH, OW := m.Out()
	x, dy := noise(1, m.N*m.H*m.W*m.C), noise(2, m.N*OH*OW*m.C)
	for i := range x {
		x[i] = float32(i * 37 % len(x)) // no two near each other: differences change no maximum
	}
	y, places := make([]float32, len(dy)), make([]int, len(dy))
	f := func() float64 {
		m.Forward(y, places, x)
		return inner(y, dy)
	}
	f()
	dx := make([]float32, len(x))
	m.Backward(dx, dy, places)
	checkDifferences(t, "max pool", dx, x, f)

	x = noise(3, len(x))
	P := m.H * m.W
	y, dy = make([]float32, m.N*m.C), noise(4, m.N*m.C)
	MeanPoolBackward(dx, dy, P, m.C)
	checkDifferences(t, "mean pool", dx, x, func() float64 {
		MeanPool(y, x, P, m.C)
		return inner(y, dy)
	})

	for i := range x {
		x[i] += float32(i%2*2-1) * 5 // far from the corner
	}
	y, dy = make([]float32, len(x)), noise(5, len(x))
	ReLU(y, x)
	ReLUBackward(dx, dy, y)
	checkDifferences(t, "ReLU", dx, x, func() float64 {
		ReLU(y, x)
		return inner(y, dy)
	})
}
