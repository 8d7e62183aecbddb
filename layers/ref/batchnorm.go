package ref

import "math"

const (
	// BatchNormEps is added to a variance under the root, as torch.nn.BatchNorm2d does.
	BatchNormEps = 1e-5
	// BatchNormMomentum is the share of a batch's statistics in the running ones after it.
	BatchNormMomentum = 0.1
)

// BatchNormPartial is the twin of batchnorm_partial.wgsl: x (R, C); partials (S, 3, C) of tiles of each rows.
func BatchNormPartial(partials, x []float32, C, each int) {
	R := len(x) / C
	for s := range (R + each - 1) / each {
		first, last := s*each, min(s*each+each, R)
		for c := range C {
			mean := columnSum(x, C, c, first, last) / float64(last-first)
			var squares float64
			for r := first; r < last; r++ {
				squares += (float64(x[r*C+c]) - mean) * (float64(x[r*C+c]) - mean)
			}
			origin := x[first*C+c]
			partials[3*s*C+c], partials[(3*s+1)*C+c], partials[(3*s+2)*C+c] = origin, float32(mean-float64(origin)), float32(squares)
		}
	}
}

// Running are the statistics that batch norm keeps from batch to batch.
type Running struct {
	Mean, Var []float32 // (C)
	Count     []float32 // (1): of batches
}

// BatchNormStatistics is the twin of batchnorm_statistics.wgsl: partials of tiles of `each` of R rows; stats (3, C).
func BatchNormStatistics(stats []float32, run Running, partials []float32, R, each int) {
	C := len(run.Mean)
	tiles := len(partials) / (3 * C)
	mean := func(s, c int) float64 { return float64(partials[3*s*C+c]) + float64(partials[(3*s+1)*C+c]) }
	rows := func(s int) float64 { return float64(min(each, R-s*each)) }
	for c := range C {
		var whole, squares float64
		for s := range tiles {
			whole += mean(s, c) * rows(s) / float64(R)
		}
		for s := range tiles {
			off := mean(s, c) - whole
			squares += float64(partials[(3*s+2)*C+c]) + off*off*rows(s)
		}
		stats[c], stats[C+c] = partials[c], float32(whole-float64(partials[c]))
		stats[2*C+c] = float32(1 / math.Sqrt(squares/float64(R)+BatchNormEps))
		if math.Abs(whole) >= 3.4e38 || !(squares < 3.4e38) {
			continue
		}
		move := func(x *float32, to float64) {
			*x = float32((1-BatchNormMomentum)*float64(*x) + BatchNormMomentum*to)
		}
		move(&run.Mean[c], whole)
		move(&run.Var[c], squares/float64(R-1))
	}
	run.Count[0]++
}

// BatchNormRunning is the twin of batchnorm_running.wgsl: mean, variance (C), stats (3, C).
func BatchNormRunning(stats, mean, variance []float32) {
	C := len(mean)
	for c := range C {
		stats[c], stats[C+c], stats[2*C+c] = mean[c], 0, float32(1/math.Sqrt(float64(variance[c])+BatchNormEps))
	}
}

// A BatchNorm is what the twins of its passes over (R, C) share.
type BatchNorm struct {
	Stats        []float32 // (3, C)
	Weight, Bias []float32 // (C), or nil
	ReLU         bool
}

// channels are C, and channel c's weight and bias.
func (b BatchNorm) channels() int { return len(b.Stats) / 3 }

func (b BatchNorm) affine(c int) (weight, bias float64) {
	if b.Weight == nil {
		return 1, 0
	}
	if b.Bias == nil {
		return float64(b.Weight[c]), 0
	}
	return float64(b.Weight[c]), float64(b.Bias[c])
}

func (b BatchNorm) normalized(x []float32, i int) float64 {
	C := b.channels()
	return (float64(x[i]) - float64(b.Stats[i%C]) - float64(b.Stats[C+i%C])) * float64(b.Stats[2*C+i%C])
}

// Forward is the twin of batchnorm_forward.wgsl: x, y (R, C); residual (R, C) or nil.
func (b BatchNorm) Forward(y, x, residual []float32) {
	for i := range x {
		weight, bias := b.affine(i % b.channels())
		v := b.normalized(x, i)*weight + bias
		if residual != nil {
			v += float64(residual[i])
		}
		if b.ReLU && v <= 0 {
			v = 0
		}
		y[i] = float32(v)
	}
}

// gradient is the gradient of what goes into the ReLU at element i.
func (b BatchNorm) gradient(dy, y []float32, i int) float64 {
	if b.ReLU && y[i] <= 0 {
		return 0
	}
	return float64(dy[i])
}

// BackwardPartial is the twin of batchnorm_backward_partial.wgsl: dy, x, y (R, C), y with ReLU alone; partials (S, 2, C).
func (b BatchNorm) BackwardPartial(partials, dy, x, y []float32, each int) {
	C := b.channels()
	R := len(x) / C
	for s := range (R + each - 1) / each {
		for c := range C {
			var w, d float64
			for r := s * each; r < min(s*each+each, R); r++ {
				g := b.gradient(dy, y, r*C+c)
				w += g * b.normalized(x, r*C+c)
				d += g
			}
			partials[2*s*C+c], partials[(2*s+1)*C+c] = float32(w), float32(d)
		}
	}
}

// BatchNormBackwardSums is the twin of batchnorm_backward_sums.wgsl: partials (S, 2, C), sums (2, C); dweight and dbias
// (C) are added to, or nil.
func BatchNormBackwardSums(sums, dweight, dbias, partials []float32) {
	C := len(sums) / 2
	for i := range sums {
		v := columnSum(partials, 2*C, i, 0, len(partials)/(2*C))
		sums[i] = float32(v)
		switch {
		case dweight == nil:
		case i < C:
			dweight[i] = float32(float64(dweight[i]) + v)
		default:
			dbias[i-C] = float32(float64(dbias[i-C]) + v)
		}
	}
}

// BackwardInput is the twin of batchnorm_backward_input.wgsl: dx, dy, x, y (R, C); sums (2, C), nil where the statistics
// are running ones; dresidual (R, C) or nil.
func (b BatchNorm) BackwardInput(dx, dresidual, dy, x, y, sums []float32) {
	C := b.channels()
	R := float64(len(dx) / C)
	for i := range dx {
		g, c := b.gradient(dy, y, i), i%C
		if dresidual != nil {
			dresidual[i] = float32(g)
		}
		if sums != nil {
			g -= (float64(sums[C+c]) + b.normalized(x, i)*float64(sums[c])) / R
		}
		weight, _ := b.affine(c)
		dx[i] = float32(weight * float64(b.Stats[2*C+c]) * g)
	}
}
