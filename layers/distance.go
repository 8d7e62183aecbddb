package layers

import (
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Distance is a loss of squared distances between the student's outputs and the teacher's for the other global crops, as
// Loss pairs them.
type Distance struct {
	Batch  int
	Weight float64 // of a pair of rows: what makes the loss their mean, or BYOL's sum

	Values    gpu.Tensor // (crops Batch): their sum is the loss
	Deviation gpu.Tensor // (K): of the targets, see Spread
	Sums      gpu.Tensor // (2 or more): the losses and the mean of Deviation, added up over the step's batches
	Scalars   gpu.Tensor // see the type Scalars
	NonFinite gpu.Tensor // (1): becomes 1 where a loss is not finite
}

// Student records the losses of the crops from number `first` on, as many as y (crops x Batch, K) has rows for, and
// returns the gradient of y. targets are (2 Batch, K).
func (l *Distance) Student(p *gpu.Program, y, targets gpu.Tensor, first int) gpu.Tensor {
	defer p.Section("loss")()
	R, K := y.Rows(), y.Cols()
	dy := p.Scratch("distance.dy", R, K)
	if R%l.Batch != 0 || first*l.Batch+R > l.Values.Len() || targets.Len() != 2*l.Batch*K {
		p.Fail("loss: %s %v from crop %d on does not fit crops of %d images and %s %v", y.Name, y.Shape, first, l.Batch, targets.Name, targets.Shape)
		return dy
	}
	a, rows, trips := lossArgs(p, K)
	p.Dispatch(newKernel("squared_distance", a, gpu.Kernel{
		Params: []uint32{uint32(R), uint32(l.Batch), uint32(first), math.Float32bits(float32(l.Weight))},
		Groups: spread(ceil(R, rows)), Trips: trips, Flops: 8 * R * K, Tolerance: approximate,
		Twin: func(a [][]float32) {
			ref.SquaredDistance(a[2], a[3], a[0], a[1], l.Batch, first, l.Weight, float64(scalarsOf(a[4]).BatchShare))
		},
	}), y, targets, dy, l.Values, l.Scalars)
	return dy
}

// Spread records how far the targets (R, K) lie apart: the standard deviation of each column. Of unit rows its mean is 0 where
// all are the same, and 1 / sqrt K where they are spread over all directions.
func (l *Distance) Spread(p *gpu.Program, targets gpu.Tensor) {
	defer p.Section("loss")()
	R, K := targets.Rows(), targets.Cols()
	p.Dispatch(newKernel("columns_deviation", args{"K": K, "V4": K%4 == 0}, gpu.Kernel{
		Params: []uint32{uint32(R)}, Groups: spread(ceil(K/cell(K), workgroup)), Trips: 2 * R, Flops: 4 * R * K, Tolerance: approximate,
		Twin: func(a [][]float32) { ref.ColumnsDeviation(a[1], a[0]) },
	}), targets, l.Deviation)
}

// Sum records Sums += the batch's loss and the mean deviation: after Spread and the last Student.
func (l *Distance) Sum(p *gpu.Program) {
	sums := Loss{Values: l.Values, Entropy: l.Deviation, Sums: l.Sums, NonFinite: l.NonFinite}
	sums.Sum(p)
}

// UnitTargets records the rows of x (R, K) minus center (K), divided by their lengths; a zero Tensor is no center.
func UnitTargets(p *gpu.Program, x, center gpu.Tensor) gpu.Tensor {
	defer p.Section("loss")()
	if !center.IsZero() {
		R, K := x.Rows(), x.Cols()
		y := p.Scratch("centered", R, K)
		p.Dispatch(newKernel("rows_minus", args{"K": K, "V4": K%4 == 0}, gpu.Kernel{
			Params: []uint32{uint32(R)}, Groups: spread(ceil(R*K/cell(K), workgroup)),
			Twin: func(a [][]float32) {
				for i, v := range a[0] {
					a[2][i] = v - a[1][i%K]
				}
			},
		}), x, center, y)
		x = y
	}
	return (&RowNorm{}).Forward(p, x)
}
