package ref

import "math"

// SoftCrossEntropy is the twin of soft_cross_entropy.wgsl: s, q (R, K), loss and hits (R).
func SoftCrossEntropy(s, loss, hits, q []float32, weight, batchShare float64) {
	R := len(loss)
	K := len(s) / R
	z := make([]float64, K)
	for r := range R {
		row, goal := s[r*K:r*K+K], q[r*K:r*K+K]
		atS, atQ := 0, 0
		for k, v := range row {
			z[k] = float64(v)
			if v > row[atS] {
				atS = k
			}
			if goal[k] > goal[atQ] {
				atQ = k
			}
		}
		norm := logSumExp(z)
		var sum float64
		for k := range row {
			sum -= float64(goal[k]) * (z[k] - norm)
			row[k] = float32((math.Exp(z[k]-norm) - float64(goal[k])) * weight * batchShare)
		}
		loss[r], hits[r] = float32(sum*weight), 0
		if atS == atQ {
			hits[r] = 1
		}
	}
}
