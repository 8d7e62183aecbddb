package ref

import "math"

// TeacherSoftmax is the twin of teacher_softmax.wgsl: t (R, K) becomes q; center (K), entropy (R).
func TeacherSoftmax(t, entropy, center []float32, tau float64) {
	K := len(center)
	z := make([]float64, K)
	for r := range entropy {
		row := t[r*K : r*K+K]
		for k, v := range row {
			z[k] = (float64(v) - float64(center[k])) / tau
		}
		norm := logSumExp(z)
		var h float64
		for k := range row {
			q := math.Exp(z[k] - norm)
			h -= q * (z[k] - norm)
			row[k] = float32(q)
		}
		entropy[r] = float32(h)
	}
}

// StudentLoss is the twin of student_loss.wgsl: s (R, K) becomes its gradient; q (2 B, K), loss (V B).
func StudentLoss(s, loss, q []float32, B, first, V int, tau, batchShare float64) {
	K := len(q) / (2 * B)
	share := 1 / (float64(2*V-2) * float64(B))
	z, target := make([]float64, K), make([]float64, K)
	for r := range len(s) / K {
		crop, image := first+r/B, r%B
		row, pairs := s[r*K:r*K+K], 0.0
		clear(target)
		for teacher := range 2 {
			if teacher == crop {
				continue
			}
			pairs++
			for k := range target {
				target[k] += float64(q[(teacher*B+image)*K+k])
			}
		}
		for k, v := range row {
			z[k] = float64(v) / tau
		}
		norm := logSumExp(z)
		var sum float64
		for k := range row {
			sum -= target[k] * (z[k] - norm)
			row[k] = float32((pairs*math.Exp(z[k]-norm) - target[k]) * share / tau * batchShare)
		}
		loss[first*B+r] = float32(sum * share)
	}
}

// CenterUpdate is the twin of center_update.wgsl: center, sum (K).
func CenterUpdate(center, sum []float32, rows int, rate float64, nonFinite bool) {
	if nonFinite {
		return
	}
	for k, c := range center {
		center[k] = float32(float64(c) + rate*(float64(sum[k])/float64(rows)-float64(c)))
	}
}

// logSumExp is log sum exp(z), of values of any size.
func logSumExp(z []float64) float64 {
	most := math.Inf(-1)
	for _, v := range z {
		most = math.Max(most, v)
	}
	var sum float64
	for _, v := range z {
		sum += math.Exp(v - most)
	}
	return most + math.Log(sum)
}

// LossSums is the twin of loss_sums.wgsl: sums (2) += the sum of the losses and the mean entropy; nonFinite (1)
// becomes 1 if one of them is not finite.
func LossSums(sums []float32, nonFinite []uint32, loss, entropy []float32) {
	var l, h float64
	for _, v := range loss {
		l += float64(v)
	}
	for _, v := range entropy {
		h += float64(v)
	}
	if math.IsNaN(l-l) || math.IsNaN(h-h) {
		nonFinite[0] = 1
	}
	sums[0] = float32(float64(sums[0]) + l)
	sums[1] = float32(float64(sums[1]) + h/float64(len(entropy)))
}
