package layers

import "github.com/dinogpu/dinogpu/gpu"

// ShiftQueue records that rows (R, D) go to the front of queue (Q, D), whose last R fall out, where Scalars.QueueFills says so
// and the step is finite.
func ShiftQueue(p *gpu.Program, rows, queue, scalars, nonFinite gpu.Tensor) {
	defer p.Section("loss")()
	n, all := rows.Len(), queue.Len()
	next := p.Scratch("queue.next", queue.Shape...)
	p.Dispatch(newKernel("queue_shift", nil, gpu.Kernel{
		Params: []uint32{uint32(n), uint32(all)}, Groups: spread(ceil(all, workgroup)),
		Twin: func(a [][]float32) {
			if scalarsOf(a[3]).QueueFills == 0 || gpu.Bits(a[4])[0] != 0 {
				copy(a[2], a[1])
				return
			}
			copy(a[2], a[0])
			copy(a[2][n:], a[1])
		},
	}), rows, queue, next, scalars, nonFinite)
	copyTo(p, next, queue, 0)
}

// NormalizeRows records that each row of x (N, C) is divided by its length, in place.
func NormalizeRows(p *gpu.Program, x gpu.Tensor) {
	defer p.Section("prototypes")()
	var norm RowNorm
	copyTo(p, norm.Forward(p, x), x, 0)
}
