package layers

import (
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// SoftTargets is cross entropy with targets that are shares of classes: labels, smoothed or mixed.
type SoftTargets struct {
	Targets   gpu.Tensor // (B, classes); rows sum to 1
	Values    gpu.Tensor // (B): their sum is the loss, the mean over images
	Hits      gpu.Tensor // (B): 1 where the largest logit is where the largest target is
	Sums      gpu.Tensor // (2 or more): the losses and the mean of Hits, added up over the step's batches
	Scalars   gpu.Tensor // see the type Scalars
	NonFinite gpu.Tensor // (1): becomes 1 where a loss is not finite
}

// Learn records the losses of logits (B, classes), and turns them into their gradient.
func (l *SoftTargets) Learn(p *gpu.Program, logits gpu.Tensor) {
	defer p.Section("loss")()
	R, K := logits.Rows(), logits.Cols()
	weight := 1 / float32(R)
	lanes, rows := rowArgs(p, 4*K)
	p.Dispatch(newKernel("soft_cross_entropy", args{"K": K, "LANES": lanes, "ROWS": rows}, gpu.Kernel{
		Params: []uint32{uint32(R), math.Float32bits(weight)}, Groups: spread(ceil(R, rows)), Trips: 3 * ceil(K, lanes),
		Flops: 10 * R * K, Tolerance: approximate,
		Twin: func(a [][]float32) {
			ref.SoftCrossEntropy(a[0], a[2], a[3], a[1], float64(weight), float64(scalarsOf(a[4]).BatchShare))
		},
	}), logits, l.Targets, l.Values, l.Hits, l.Scalars)
	sums := Loss{Values: l.Values, Entropy: l.Hits, Sums: l.Sums, NonFinite: l.NonFinite}
	sums.Sum(p)
}
