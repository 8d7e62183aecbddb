package ref

import "math"

// SinkhornColumns is the twin of sinkhorn_columns.wgsl on rows q (R, K); first makes q of logits.
func SinkhornColumns(q []float32, K int, tau float64, first bool) {
	R := len(q) / K
	column := make([]float64, R)
	for k := range K {
		for r := range column {
			column[r] = float64(q[r*K+k])
		}
		if first {
			for r := range column {
				column[r] /= tau
			}
			norm := logSumExp(column)
			for r, v := range column {
				q[r*K+k] = float32(math.Exp(v - norm))
			}
			continue
		}
		var sum float64
		for _, v := range column {
			sum += v
		}
		for r, v := range column {
			q[r*K+k] = float32(v / math.Max(sum, 1.2e-38))
		}
	}
}

// SinkhornRows is the twin of sinkhorn_rows.wgsl on rows q (R, K) and entropy (R).
func SinkhornRows(q, entropy []float32, K int) {
	for r := range entropy {
		row := q[r*K : r*K+K]
		var sum, h float64
		for _, v := range row {
			sum += float64(v)
		}
		for k, v := range row {
			x := float64(v) / math.Max(sum, 1.2e-38)
			if x > 0 {
				h -= x * math.Log(x)
			}
			row[k] = float32(x)
		}
		entropy[r] = float32(h)
	}
}
