package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// BatchNorm normalizes each channel of rows (R, C) over all rows, then scales and shifts it; eps is 1e-5. Rows are images,
// or images times positions where a map (N, H, W, C) is seen as its pixels. One BatchNorm holds one batch at a time: passes
// over images of several sizes need one each, with the same weights and running statistics.
type BatchNorm struct {
	Weight, Bias   gpu.Tensor // (C); zero Tensors: neither scales nor shifts
	DWeight, DBias gpu.Tensor // their gradients, added to

	// RunningMean and RunningVar (C) move by a tenth towards each batch's statistics in the forward pass of Training, and
	// Count (), a whole number, goes up by one: state_dict's num_batches_tracked, which float32 holds up to 16,777,216.
	RunningMean, RunningVar, Count gpu.Tensor

	Mode Mode
	ReLU bool // cuts off what is negative afterwards

	x, y, stats gpu.Tensor // kept by Forward for Backward
}

// addBatchNorm appends a batch norm's five tensors in state_dict's order; none decays.
func (l *Params) addBatchNorm(name string, channels int) {
	l.addNorm(name, channels)
	l.Add(Param{Name: name + ".running_mean", Shape: []int{channels}, Buffer: true})
	l.Add(Param{Name: name + ".running_var", Shape: []int{channels}, Init: Init{Constant: 1}, Buffer: true})
	l.Add(Param{Name: name + ".num_batches_tracked", Shape: []int{}, Buffer: true})
}

// bindBatchNorm binds a batch norm to its weights and running statistics, and to gradients unless they are nil.
func bindBatchNorm(name string, weights, gradients *Arena, mode Mode) BatchNorm {
	b := BatchNorm{
		Weight: weights.Tensor(name + ".weight"), Bias: weights.Tensor(name + ".bias"),
		RunningMean: weights.Tensor(name + ".running_mean"), RunningVar: weights.Tensor(name + ".running_var"),
		Count: weights.Tensor(name + ".num_batches_tracked"), Mode: mode,
	}
	if gradients != nil {
		b.DWeight, b.DBias = gradients.Tensor(name+".weight"), gradients.Tensor(name+".bias")
	}
	return b
}

// Forward records y for x, (R, C). In Training R has to be 2 or more.
func (b *BatchNorm) Forward(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	return b.forwardAdd(p, x, gpu.Tensor{})
}

// forwardAdd records y = normalized x + residual (R, C), before the ReLU; a zero Tensor stands for none.
func (b *BatchNorm) forwardAdd(p *gpu.Program, x, residual gpu.Tensor) gpu.Tensor {
	defer p.Section("batchnorm")()
	b.x, b.y = x, p.Scratch("batchnorm", x.Shape...)
	b.stats = b.statistics(p, x)
	bound := []gpu.Tensor{x, b.stats}
	if !b.Weight.IsZero() {
		bound = append(bound, b.Weight, b.Bias)
	}
	if !residual.IsZero() {
		bound = append(bound, residual)
	}
	bound = append(bound, b.y)
	R, cells := cellsOf(x)
	p.Dispatch(newKernel("batchnorm_forward", b.args(x, args{"Residual": !residual.IsZero()}), gpu.Kernel{
		Params: []uint32{uint32(R), uint32(cells)}, Groups: spread(ceil(R*cells, workgroup)), Tolerance: exact,
		Twin: func(a [][]float32) {
			take := taker(a[2:])
			n := ref.BatchNorm{Stats: a[1], ReLU: b.ReLU}
			n.Weight, n.Bias = take(!b.Weight.IsZero()), take(!b.Weight.IsZero())
			r := take(!residual.IsZero())
			n.Forward(take(true), a[0], r)
		},
	}), bound...)
	return b.y
}

// statistics records mean and rstd of each channel (3, C): the batch's, or the running ones.
func (b *BatchNorm) statistics(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	R, C := x.Rows(), x.Cols()
	if b.Mode == Evaluating {
		// the key holds the mode, as another pass of this program may have the batch's
		return p.Derived(b.RunningVar, "batchnorm.stats", func() gpu.Tensor {
			stats := p.Scratch("batchnorm.running", 3, C)
			p.Dispatch(newKernel("batchnorm_running", nil, gpu.Kernel{
				Params: []uint32{uint32(C)}, Groups: spread(ceil(C, workgroup)), Tolerance: approximate,
				Twin: func(a [][]float32) { ref.BatchNormRunning(a[2], a[0], a[1]) },
			}), b.RunningMean, b.RunningVar, stats)
			return stats
		})
	}
	if R < 2 {
		p.Fail("batch norm in training needs 2 values of each channel or more, and %s has %v: its variance is not to be had "+
			"from one; a larger `batch_size` or larger images give more", x.Name, x.Shape)
		return p.Scratch("batchnorm.stats", 3, C)
	}
	partials, each := b.tiles(p, "batchnorm_partial", 3, func(a [][]float32, each int) {
		ref.BatchNormPartial(a[1], a[0], C, each)
	}, x)
	tiles := partials.Shape[0]
	stats := p.Scratch("batchnorm.stats", 3, C)
	lanes, rows := rowArgs(p, 1)
	p.Dispatch(newKernel("batchnorm_statistics", args{"LANES": lanes, "ROWS": rows}, gpu.Kernel{
		Params: []uint32{uint32(R), uint32(C), uint32(each), uint32(tiles)},
		Groups: spread(ceil(C, rows)), Trips: 2 * ceil(tiles, lanes), Tolerance: approximate,
		Twin: func(a [][]float32) {
			ref.BatchNormStatistics(a[1], ref.Running{Mean: a[2], Var: a[3], Count: a[4]}, a[0], R, each)
		},
	}), partials, stats, b.RunningMean, b.RunningVar, b.Count)
	return stats
}

// tiles records a kernel that makes some numbers of each channel from each tile of x's rows, and returns them
// (S, numbers, C).
// The kernel binds x and the tensors of bound, then the partials.
func (b *BatchNorm) tiles(p *gpu.Program, kernel string, numbers int, twin func(h [][]float32, each int), bound ...gpu.Tensor) (partials gpu.Tensor, each int) {
	x := bound[0]
	R, cells := cellsOf(x)
	tiles, each := rowTiles(p, R, cells)
	partials = p.Scratch("batchnorm.partials", tiles, numbers, x.Cols())
	p.Dispatch(newKernel(kernel, b.args(x, nil), gpu.Kernel{
		Params: []uint32{uint32(R), uint32(cells), uint32(each), uint32(tiles)},
		Groups: spread(ceil(tiles*cells, workgroup)), Trips: each, Tolerance: approximate,
		Twin: func(h [][]float32) { twin(h, each) },
	}), append(bound, partials)...)
	return partials, each
}

// args are those of a kernel over x, with more.
func (b *BatchNorm) args(x gpu.Tensor, more args) args {
	a := args{"V4": x.Cols()%4 == 0, "Affine": !b.Weight.IsZero(), "Relu": b.ReLU}
	for k, v := range more {
		a[k] = v
	}
	return a
}

// cellsOf are the rows of x, and the cells of a row: whole vec4s where its length allows.
func cellsOf(x gpu.Tensor) (rows, cells int) {
	if x.Cols()%4 == 0 {
		return x.Rows(), x.Cols() / 4
	}
	return x.Rows(), x.Cols()
}

// taker hands out the tensors of h one by one, nil for one that is not bound.
func taker(h [][]float32) func(bound bool) []float32 {
	return func(bound bool) []float32 {
		if !bound {
			return nil
		}
		first := h[0]
		h = h[1:]
		return first
	}
}
