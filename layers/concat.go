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
		copyTo(p, t, out, offset)
		offset += t.Len()
	}
	return out
}

// CopyInto records to = t, of as many elements.
func CopyInto(p *gpu.Program, t, to gpu.Tensor) {
	defer p.Section("tokens")()
	copyTo(p, t, to, 0)
}

// copyTo records a copy of t to the elements of out from offset on.
func copyTo(p *gpu.Program, t, out gpu.Tensor, offset int) {
	n := t.Len()
	wide := min(cell(n), cell(offset))
	p.Dispatch(newKernel("rows_copy", args{"V4": wide == 4}, gpu.Kernel{
		Params: []uint32{uint32(n / wide), uint32(offset / wide)}, Groups: spread(ceil(n/wide, workgroup)),
		Twin: func(a [][]float32) { ref.RowsCopy(a[1], a[0], offset) },
	}), t, out)
}

// Part is the elements of t from an offset on, as a tensor of that shape. It records a copy where a slice could not be bound.
func Part(p *gpu.Program, t gpu.Tensor, offset int, shape ...int) gpu.Tensor {
	if offset%gpu.Align == 0 {
		return t.Slice(t.Name, offset, shape...)
	}
	defer p.Section("tokens")()
	out := p.Scratch("part", shape...)
	n := out.Len()
	p.Dispatch(newKernel("rows_part", nil, gpu.Kernel{
		Params: []uint32{uint32(n), uint32(offset)}, Groups: spread(ceil(n, workgroup)),
		Twin: func(a [][]float32) { copy(a[1], a[0][offset:offset+n]) },
	}), t, out)
	return out
}
