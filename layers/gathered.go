package layers

import "github.com/dinogpu/dinogpu/gpu"

// Gathered are the rows that a step's batches leave for its end, one batch behind the other, so that what is remembered of a
// step does not hang on how many batches it was made of.
type Gathered struct {
	Rows  gpu.Tensor // (batches x rows of a batch, D)
	Count gpu.Tensor // (1): of the batches so far

	NonFinite gpu.Tensor
}

// NewGathered names the rows of that many batches.
func NewGathered(name string, batches, rows, width int, nonFinite gpu.Tensor) Gathered {
	return Gathered{
		Rows: gpu.NewTensor(name, batches*rows, width), Count: gpu.NewTensor(name+".count", 1), NonFinite: nonFinite,
	}
}

// Begin records that there are none.
func (g *Gathered) Begin(p *gpu.Program) { p.Clear(g.Count) }

// Add records a batch's rows.
func (g *Gathered) Add(p *gpu.Program, x gpu.Tensor) {
	defer p.Section("loss")()
	n := x.Len()
	batches := g.Rows.Len() / n
	p.Dispatch(newKernel("rows_store", nil, gpu.Kernel{
		Params: []uint32{uint32(n)}, Groups: spread(ceil(n, workgroup)),
		Twin: func(a [][]float32) { copy(a[1][int(a[2][0])*n:], a[0]) },
	}), x, g.Rows, g.Count)
	addCount(p, g.Count, g.NonFinite, 1, batches)
}

// addCount records count = (count + add) modulo below, unless the step is not finite.
func addCount(p *gpu.Program, count, nonFinite gpu.Tensor, add, below int) {
	p.Dispatch(newKernel("counter_add", nil, gpu.Kernel{
		Params: []uint32{uint32(add), uint32(below)}, Groups: [3]int{1, 1, 1},
		Twin: func(a [][]float32) {
			if gpu.Bits(a[1])[0] == 0 {
				a[0][0] = float32((int(a[0][0]) + add) % below)
			}
		},
	}), count, nonFinite)
}

// PushRing records that rows (R, D) overwrite those of ring (Q, D) from pointer (1) on, which moves behind them; Q is a
// multiple of R. Nothing changes where nonFinite (1) is not zero.
func PushRing(p *gpu.Program, rows, ring, pointer, nonFinite gpu.Tensor) {
	defer p.Section("loss")()
	R, D, Q := rows.Rows(), rows.Cols(), ring.Rows()
	if Q%R != 0 {
		p.Fail("a ring of %d rows does not take %d at a time", Q, R)
		return
	}
	p.Dispatch(newKernel("ring_push", nil, gpu.Kernel{
		Params: []uint32{uint32(R), uint32(D), uint32(Q)}, Groups: spread(ceil(R*D, workgroup)),
		Twin: func(a [][]float32) {
			if gpu.Bits(a[3])[0] == 0 {
				for i, v := range a[0] {
					a[1][(int(a[2][0])*D+i)%(Q*D)] = v
				}
			}
		},
	}), rows, ring, pointer, nonFinite)
	addCount(p, pointer, nonFinite, R, Q)
}
