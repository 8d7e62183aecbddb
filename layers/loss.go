package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Loss is DINO's: cross entropy between the teacher's centered, sharpened output for the global crops and the
// student's output for every other crop.
type Loss struct {
	Batch int // images
	Crops int // of each image, the two global ones included

	Center    gpu.Tensor // (K)
	CenterSum gpu.Tensor // (K): sum of the teacher's logits over the step; cleared by the caller, before it begins
	Entropy   gpu.Tensor // (2 Batch): of the teacher's rows
	Values    gpu.Tensor // (Crops Batch): their sum is the loss
	Sums      gpu.Tensor // (2): sum of the losses and of the mean entropies over the step's batches; cleared by the caller
	Scalars   gpu.Tensor // see the type Scalars
	NonFinite gpu.Tensor // (1): Sum makes it 1 where a loss is not finite; while it is not zero, the center stays
}

// Teacher records CenterSum += the rows of logits (2 Batch, K), then logits = softmax((logits - center) / tau).
func (l *Loss) Teacher(p *gpu.Program, logits gpu.Tensor) {
	defer p.Section("loss")()
	R, K := logits.Rows(), logits.Cols()
	if R != 2*l.Batch {
		p.Fail("loss: %s %v does not have 2 x %d rows", logits.Name, logits.Shape, l.Batch)
		return
	}
	columnsSum(p, logits, l.CenterSum)
	a, rows, trips := lossArgs(p, K)
	p.Dispatch(newKernel("teacher_softmax", a, gpu.Kernel{
		Params: []uint32{uint32(R)}, Groups: spread(ceil(R, rows)), Trips: trips, Flops: 10 * R * K,
		Tolerance: approximate,
		Twin: func(a [][]float32) {
			ref.TeacherSoftmax(a[0], a[2], a[1], float64(scalarsOf(a[3]).TeacherTemp))
		},
	}), logits, l.Center, l.Entropy, l.Scalars)
}

// Collect records CenterSum += the rows of logits (2 Batch, K), for a center that Teacher does not take.
func (l *Loss) Collect(p *gpu.Program, logits gpu.Tensor) {
	defer p.Section("loss")()
	columnsSum(p, logits, l.CenterSum)
}

// Student records the losses of the crops from number `first` on, as many as logits (crops x Batch, K) has rows
// for, and turns logits into their gradient. targets are the teacher's logits after Teacher.
func (l *Loss) Student(p *gpu.Program, logits, targets gpu.Tensor, first int) {
	defer p.Section("loss")()
	R, K := logits.Rows(), logits.Cols()
	if R%l.Batch != 0 || first*l.Batch+R > l.Values.Len() || targets.Len() != 2*l.Batch*K {
		p.Fail("loss: %s %v from crop %d on does not fit %d crops of %d images and %s %v",
			logits.Name, logits.Shape, first, l.Crops, l.Batch, targets.Name, targets.Shape)
		return
	}
	a, rows, trips := lossArgs(p, K)
	p.Dispatch(newKernel("student_loss", a, gpu.Kernel{
		Params: []uint32{uint32(R), uint32(l.Batch), uint32(first), uint32(l.Crops)},
		Groups: spread(ceil(R, rows)), Trips: trips, Flops: 12 * R * K, Tolerance: approximate,
		Twin: func(a [][]float32) {
			s := scalarsOf(a[3])
			ref.StudentLoss(a[0], a[2], a[1], l.Batch, first, l.Crops, float64(s.StudentTemp), float64(s.BatchShare))
		},
	}), logits, targets, l.Values, l.Scalars)
}

// Sum records Sums += the batch's loss and mean entropy: after Teacher and the last Student.
func (l *Loss) Sum(p *gpu.Program) {
	defer p.Section("loss")()
	N, R := l.Values.Len(), l.Entropy.Len()
	p.Dispatch(newKernel("loss_sums", args{"LANES": workgroup, "ROWS": 1}, gpu.Kernel{
		Params: []uint32{uint32(N), uint32(R)}, Groups: [3]int{1, 1, 1},
		Trips: ceil(N, workgroup) + ceil(R, workgroup) + 18, Tolerance: approximate, // a division
		Twin: func(a [][]float32) { ref.LossSums(a[2], gpu.Bits(a[3]), a[0], a[1]) },
	}), l.Values, l.Entropy, l.Sums, l.NonFinite)
}

// UpdateCenter records the center's step towards the mean of the rows that CenterSum adds up, `rows` in all.
func (l *Loss) UpdateCenter(p *gpu.Program, rows int) {
	defer p.Section("loss")()
	K := l.Center.Len()
	p.Dispatch(newKernel("center_update", args{"K": K, "V4": K%4 == 0}, gpu.Kernel{
		Params: []uint32{uint32(rows)}, Groups: spread(ceil(K, workgroup*cell(K))), Tolerance: exact,
		Twin: func(a [][]float32) {
			ref.CenterUpdate(a[0], a[1], rows, float64(scalarsOf(a[2]).CenterRate), gpu.Bits(a[3])[0] != 0)
		},
	}), l.Center, l.CenterSum, l.Scalars, l.NonFinite)
}

// cell is the number of values that are read at once in a row of K.
func cell(K int) int {
	if K%4 == 0 {
		return 4
	}
	return 1
}

// lossArgs specializes a kernel that passes three times over rows of K logits. There are about as many rows as images: where
// they are long, so few lanes as rows commonly get would leave most of a GPU idle, and each would wait for its own reads.
func lossArgs(p *gpu.Program, K int) (a args, rows, trips int) {
	const most, long, widest = 20000, 8192, 256
	cells, lanes := K/cell(K), p.Target.Lanes()
	if !p.Target.Software && K >= long {
		lanes = widest
	}
	for lanes < workgroup && 3*ceil(cells, lanes) > most {
		lanes *= 2
	}
	rows = max(1, workgroup/lanes)
	return args{"K": K, "V4": K%4 == 0, "LANES": lanes, "ROWS": rows}, rows, 3 * ceil(cells, lanes)
}
