package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Concat records tensors of one shape one behind the other along the first dimension.
func Concat(p *gpu.Program, tensors ...gpu.Tensor) gpu.Tensor {
	defer p.Section("tokens")()
	shape := append([]int(nil), tensors[0].Shape...)
	shape[0] *= len(tensors)
	out := p.Scratch("joined", shape...)
	offset := 0
	for _, t := range tensors {
		n, to := t.Len(), offset
		wide := cell(n)
		p.Dispatch(newKernel("rows_copy", args{"V4": wide == 4}, gpu.Kernel{
			Params: []uint32{uint32(n / wide), uint32(to / wide)}, Groups: spread(ceil(n/wide, workgroup)),
			Twin: func(a [][]float32) { ref.RowsCopy(a[1], a[0], to) },
		}), t, out)
		offset += n
	}
	return out
}
