package ref

import (
	"fmt"
	"testing"
)

func TestBatchNormBackward(t *testing.T) {
	const R, C, each = 7, 3, 3
	for form := range 8 {
		relu, running, affine := form%2 == 1, form/2%2 == 1, form/4 == 1
		t.Run(fmt.Sprintf("relu %v running %v affine %v", relu, running, affine), func(t *testing.T) {
			x, residual, dy := noise(1, R*C), noise(2, R*C), noise(3, R*C)
			b := BatchNorm{Stats: make([]float32, 3*C), ReLU: relu}
			if relu {
				for i := range residual { // far from the ReLU's corner, which differences cannot cross
					residual[i] = 20 * float32(i%2*2-1)
				}
			}
			if affine {
				b.Weight, b.Bias = noise(4, C), noise(5, C)
			}
			partials, y := make([]float32, 3*3*C), make([]float32, R*C)
			f := func() float64 {
				if running {
					BatchNormRunning(b.Stats, []float32{0.1, -0.2, 0.3}, []float32{1, 2, 0.5})
				} else {
					BatchNormPartial(partials, x, C, each)
					run := Running{Mean: make([]float32, C), Var: make([]float32, C), Count: make([]float32, 1)}
					BatchNormStatistics(b.Stats, run, partials, R, each)
				}
				b.Forward(y, x, residual)
				return inner(y, dy)
			}
			f()
			backward := make([]float32, 3*2*C)
			b.BackwardPartial(backward, dy, x, y, each)
			sums := make([]float32, 2*C)
			var dweight, dbias []float32
			if affine {
				dweight, dbias = make([]float32, C), make([]float32, C)
			}
			BatchNormBackwardSums(sums, dweight, dbias, backward)
			if running {
				sums = nil
			}
			dx, dresidual := make([]float32, R*C), make([]float32, R*C)
			b.BackwardInput(dx, dresidual, dy, x, y, sums)
			checkDifferences(t, "x", dx, x, f)
			checkDifferences(t, "residual", dresidual, residual, f)
			if affine {
				checkDifferences(t, "weight", dweight, b.Weight, f)
				checkDifferences(t, "bias", dbias, b.Bias, f)
			}
		})
	}
}
