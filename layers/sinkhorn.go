package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Sinkhorn records targets in place of logits (2 Batch, K) by Sinkhorn-Knopp: as many times as iterations each prototype's
// share of the batch is made 1, then each image's. Rows are one problem, or with perView each global crop's are. One iteration
// is a softmax over the batch (DINO, table 15). The temperature is the teacher's; no center is used.
func (l *Loss) Sinkhorn(p *gpu.Program, logits gpu.Tensor, iterations int, perView bool) {
	defer p.Section("loss")()
	R := logits.Rows()
	if R != 2*l.Batch {
		p.Fail("loss: %s %v does not have 2 x %d rows", logits.Name, logits.Shape, l.Batch)
		return
	}
	rows := R
	if perView {
		rows = l.Batch
	}
	for first := 0; first < R; first += rows {
		for i := range iterations {
			l.sinkhornColumns(p, logits, first, rows, 0, i == 0)
			l.sinkhornRows(p, logits, l.Entropy, first, rows, 0)
		}
	}
}

// SinkhornQueued records targets in place of the last Batch rows of scores (Q + Batch, K), of which the first Q are those of a
// queue; while Scalars.QueueUsed is 0 the queue takes no part. entropy is (Q + Batch).
func (l *Loss) SinkhornQueued(p *gpu.Program, scores, entropy gpu.Tensor, iterations int) {
	defer p.Section("loss")()
	rows := scores.Rows()
	for i := range iterations {
		l.sinkhornColumns(p, scores, 0, rows, rows-l.Batch, i == 0)
		l.sinkhornRows(p, scores, entropy, 0, rows, rows-l.Batch)
	}
}

func (l *Loss) sinkhornColumns(p *gpu.Program, q gpu.Tensor, first, rows, queue int, begin bool) {
	K := q.Cols()
	p.Dispatch(newKernel("sinkhorn_columns", args{"K": K, "V4": K%4 == 0, "First": begin}, gpu.Kernel{
		Params: []uint32{uint32(rows), uint32(first), uint32(queue)}, Groups: spread(ceil(K/cell(K), workgroup)), Trips: 3 * rows,
		Flops: 6 * rows * K, Tolerance: approximate,
		Twin: func(a [][]float32) {
			s, from := scalarsOf(a[1]), first
			if s.QueueUsed == 0 {
				from += queue
			}
			ref.SinkhornColumns(a[0][from*K:(first+rows)*K], K, float64(s.TeacherTemp), begin)
		},
	}), q, l.Scalars)
}

func (l *Loss) sinkhornRows(p *gpu.Program, q, entropy gpu.Tensor, first, rows, queue int) {
	K := q.Cols()
	a, each, trips := lossArgs(p, K)
	p.Dispatch(newKernel("sinkhorn_rows", a, gpu.Kernel{
		Params: []uint32{uint32(rows), uint32(first), uint32(queue)}, Groups: spread(ceil(rows, each)), Trips: trips,
		Flops: 6 * rows * K, Tolerance: approximate,
		Twin: func(a [][]float32) {
			from := first
			if scalarsOf(a[2]).QueueUsed == 0 {
				from += queue
				clear(a[1][first:from])
			}
			ref.SinkhornRows(a[0][from*K:(first+rows)*K], a[1][from:first+rows], K)
		},
	}), q, entropy, l.Scalars)
}
