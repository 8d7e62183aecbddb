package ref

import (
	"math"
	"slices"
	"testing"
)

func TestSoftmaxCrossEntropyIsTheGradientOfTheLoss(t *testing.T) {
	const C, B, share = 5, 4, 0.25
	labels := []uint32{4, 0, NoLabel, 2}
	z := noise(3, C*B)
	slopes, losses := slices.Clone(z), make([]float32, B)
	SoftmaxCrossEntropy(slopes, losses, labels, share)
	checkDifferences(t, "logits", slopes, z, func() float64 {
		var sum float64
		for b, label := range labels {
			if label == NoLabel {
				continue
			}
			var norm float64
			for c := range C {
				norm += math.Exp(float64(z[c*B+b]))
			}
			loss := math.Log(norm) - float64(z[int(label)*B+b])
			if math.Abs(loss-float64(losses[b])) > 0.3 {
				t.Fatalf("column %d: loss %g, and near by %g", b, losses[b], loss)
			}
			sum += share * loss
		}
		return sum
	})
	if losses[2] != 0 || slopes[2] != 0 {
		t.Errorf("a column without a label has the loss %g and the slope %g", losses[2], slopes[2])
	}
}
