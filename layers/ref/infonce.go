package ref

import "math"

// InfoNCE is the twin of infonce.wgsl: y, dy (R, D), s (R, Q), k (2 B, D), loss and hits (V B).
func InfoNCE(s, dy, loss, hits, y, k []float32, D, B, first int, weight, tau, batchShare float64) {
	R := len(y) / D
	Q := len(s) / R
	negatives, exact := make([]float64, Q), make([]float64, Q+1)
	for r := range R {
		crop, image := first+r/B, r%B
		clear(negatives)
		row, out := s[r*Q:r*Q+Q], dy[r*D:r*D+D]
		clear(out)
		top := math.Inf(-1)
		for j, v := range row {
			exact[j+1] = float64(v) / tau
			top = math.Max(top, float64(v))
		}
		var sum, near, pairs float64
		slope := weight / tau * batchShare
		pull := make([]float64, D)
		for teacher := range 2 {
			if teacher == crop {
				continue
			}
			key, dot := k[(teacher*B+image)*D:][:D], 0.0
			for c, v := range key {
				dot += float64(v) * float64(y[r*D+c])
			}
			exact[0] = dot / tau
			norm := logSumExp(exact)
			sum += norm - exact[0]
			pairs++
			if dot > top {
				near++
			}
			for j := range negatives {
				negatives[j] += math.Exp(exact[j+1]-norm) * slope
			}
			for c, v := range key {
				pull[c] += (math.Exp(exact[0]-norm) - 1) * slope * float64(v)
			}
		}
		for j, v := range negatives {
			row[j] = float32(v)
		}
		for c, v := range pull {
			out[c] = float32(v)
		}
		loss[first*B+r], hits[first*B+r] = float32(sum*weight), float32(near/pairs)
	}
}
