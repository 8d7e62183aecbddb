package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Concat records tensors that differ in their first dimension at most one behind the other along it. One tensor is its own.
func Concat(p *gpu.Program, tensors ...gpu.Tensor) gpu.Tensor {
	if len(tensors) == 1 {
		return tensors[0]
	}
	defer p.Section("tokens")()
	shape := append([]int(nil), tensors[0].Shape...)
	for _, t := range tensors[1:] {
		shape[0] += t.Shape[0]
	}
	out := p.Scratch("joined", shape...)
	offset := 0
	for _, t := range tensors {
		n, to := t.Len(), offset
		wide := min(cell(n), cell(to))
		p.Dispatch(newKernel("rows_copy", args{"V4": wide == 4}, gpu.Kernel{
			Params: []uint32{uint32(n / wide), uint32(to / wide)}, Groups: spread(ceil(n/wide, workgroup)),
			Twin: func(a [][]float32) { ref.RowsCopy(a[1], a[0], to) },
		}), t, out)
		offset += n
	}
	return out
}
