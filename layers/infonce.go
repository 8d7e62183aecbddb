package layers

import (
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// InfoNCE is the loss of queries against keys and a queue of negatives: cross entropy with the key as the right answer
// (MoCo, arXiv 1911.05722). Global crops are paired with the other global one's key, local crops with both.
type InfoNCE struct {
	Batch  int
	Weight float64 // of a pair of rows: 1 over their number

	Queue     gpu.Tensor // (Q, D), unit rows
	Values    gpu.Tensor // (crops Batch): their sum is the loss
	Hits      gpu.Tensor // (crops Batch): the share of a query's keys that are nearer than every negative
	Sums      gpu.Tensor // (2 or more): the losses and the mean of Hits, added up over the step's batches
	Scalars   gpu.Tensor // see the type Scalars; the temperature is the student's
	NonFinite gpu.Tensor // (1): becomes 1 where a loss is not finite
}

// Student records the losses of the crops from number `first` on, as many as y (crops x Batch, D), unit rows, has rows for,
// and their gradient into dy (crops x Batch, D). keys are (2 Batch, D), unit rows.
func (l *InfoNCE) Student(p *gpu.Program, y, keys, dy gpu.Tensor, first int) {
	defer p.Section("loss")()
	R, D, Q := y.Rows(), y.Cols(), l.Queue.Rows()
	if R%l.Batch != 0 || first*l.Batch+R > l.Values.Len() || keys.Len() != 2*l.Batch*D || l.Queue.Cols() != D {
		p.Fail("loss: %s %v from crop %d on does not fit crops of %d images, %s %v and a queue %v", y.Name, y.Shape, first, l.Batch, keys.Name, keys.Shape, l.Queue.Shape)
		return
	}
	s := MatMul(p, NT, y, l.Queue, p.Scratch("negatives", R, Q), Epilogue{})
	lanes, rows := rowArgs(p, 4*Q)
	p.Dispatch(newKernel("infonce", args{"Q": Q, "D": D, "LANES": lanes, "ROWS": rows}, gpu.Kernel{
		Params: []uint32{uint32(R), uint32(l.Batch), uint32(first), math.Float32bits(float32(l.Weight))},
		Groups: spread(ceil(R, rows)), Trips: 3*ceil(Q, lanes) + 2*ceil(D, lanes), Flops: 8 * R * Q, Tolerance: approximate,
		Twin: func(a [][]float32) {
			v := scalarsOf(a[6])
			ref.InfoNCE(a[1], a[3], a[4], a[5], a[0], a[2], D, l.Batch, first, l.Weight, float64(v.StudentTemp), float64(v.BatchShare))
		},
	}), y, s, keys, dy, l.Values, l.Hits, l.Scalars)
	MatMul(p, NN, s, l.Queue, dy, Epilogue{Accumulate: true})
}

// Sum records Sums += the batch's loss and the mean of Hits: after the last Student.
func (l *InfoNCE) Sum(p *gpu.Program) {
	sums := Loss{Values: l.Values, Entropy: l.Hits, Sums: l.Sums, NonFinite: l.NonFinite}
	sums.Sum(p)
}

// AddMean records sums[place] += the mean of x.
func AddMean(p *gpu.Program, x, sums gpu.Tensor, place int) {
	defer p.Section("loss")()
	n := x.Len()
	p.Dispatch(newKernel("mean_add", args{"LANES": workgroup, "ROWS": 1}, gpu.Kernel{
		Params: []uint32{uint32(n), uint32(place)}, Groups: [3]int{1, 1, 1}, Trips: ceil(n, workgroup) + 6, Tolerance: approximate,
		Twin: func(a [][]float32) {
			sum := 0.0
			for _, v := range a[0] {
				sum += float64(v)
			}
			a[1][place] = float32(float64(a[1][place]) + sum/float64(n))
		},
	}), x, sums)
}
