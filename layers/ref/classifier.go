package ref

import "math"

// NoLabel stands for a column that is no image.
const NoLabel = math.MaxUint32

// SoftmaxCrossEntropy is the twin of softmax_cross_entropy.wgsl: z (C, B) becomes its gradient; labels, loss (B).
func SoftmaxCrossEntropy(z, loss []float32, labels []uint32, share float64) {
	B := len(labels)
	column := make([]float64, len(z)/B)
	for b, label := range labels {
		for c := range column {
			column[c] = float64(z[c*B+b])
		}
		if int(label) >= len(column) {
			for c := range column {
				z[c*B+b] = 0
			}
			loss[b] = 0
			continue
		}
		norm := logSumExp(column)
		loss[b] = float32(norm - column[label])
		for c, v := range column {
			p := math.Exp(v - norm)
			if c == int(label) {
				p--
			}
			z[c*B+b] = float32(p * share)
		}
	}
}
