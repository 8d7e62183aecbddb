package ref

// ReLU is the twin of relu_forward.wgsl: y, x (N).
func ReLU(y, x []float32) {
	for i, v := range x {
		y[i] = v
		if v <= 0 {
			y[i] = 0
		}
	}
}

// ReLUBackward is the twin of relu_backward.wgsl: dx, dy, y (N).
func ReLUBackward(dx, dy, y []float32) {
	for i, v := range y {
		dx[i] = dy[i]
		if v <= 0 {
			dx[i] = 0
		}
	}
}

// A MaxPool is the shape of the twins of maxpool_forward.wgsl and maxpool_backward.wgsl: x (N, H, W, C).
type MaxPool struct{ N, H, W, C int }

// Out are the rows and columns of windows.
func (m MaxPool) Out() (h, w int) { return (m.H-1)/2 + 1, (m.W-1)/2 + 1 }

// Forward makes y (N, OH, OW, C), and places, one of 0 to 8 for each of its values.
func (m MaxPool) Forward(y []float32, places []int, x []float32) {
	OH, OW := m.Out()
	for i := range y {
		c, ox, oy, n := i%m.C, i/m.C%OW, i/m.C/OW%OH, i/m.C/OW/OH
		places[i] = -1
		for k := range 9 {
			row, column := 2*oy+k/3-1, 2*ox+k%3-1
			if row < 0 || row >= m.H || column < 0 || column >= m.W {
				continue
			}
			if v := x[((n*m.H+row)*m.W+column)*m.C+c]; places[i] < 0 || v > y[i] {
				y[i], places[i] = v, k
			}
		}
	}
}

// Backward makes dx (N, H, W, C) of dy and places (N, OH, OW, C). Places outside the map count for nothing.
func (m MaxPool) Backward(dx, dy []float32, places []int) {
	OH, OW := m.Out()
	sums := make([]float64, len(dx))
	for i, k := range places {
		c, ox, oy, n := i%m.C, i/m.C%OW, i/m.C/OW%OH, i/m.C/OW/OH
		row, column := 2*oy+k/3-1, 2*ox+k%3-1
		if row >= 0 && row < m.H && column >= 0 && column < m.W && k < 9 {
			sums[((n*m.H+row)*m.W+column)*m.C+c] += float64(dy[i])
		}
	}
	for i, v := range sums {
		dx[i] = float32(v)
	}
}

// MeanPool is the twin of meanpool_forward.wgsl: x (N, P, C), y (N, C).
func MeanPool(y, x []float32, P, C int) {
	for i := range y {
		n, c := i/C, i%C
		y[i] = float32(columnSum(x, C, c, n*P, (n+1)*P) / float64(P))
	}
}

// MeanPoolBackward is the twin of meanpool_backward.wgsl: dx (N, P, C), dy (N, C).
func MeanPoolBackward(dx, dy []float32, P, C int) {
	for i := range dx {
		dx[i] = float32(float64(dy[i/C/P*C+i%C]) / float64(P))
	}
}
