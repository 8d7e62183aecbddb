package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// classRow records the first row of each image: (R, D) to (images, D).
func classRow(p *gpu.Program, x gpu.Tensor, s Spans) gpu.Tensor {
	defer p.Section("tokens")()
	B, D := s.Images(), x.Cols()
	out := p.Scratch(x.Name+".class", B, D)
	p.Dispatch(newKernel("class_rows", args{"D": D, "Pair": false}, gpu.Kernel{
		Params: s.classParams(p), Groups: spread(ceil(B*D/4, workgroup)),
		Twin: func(a [][]float32) { ref.ClassRows(a[1], a[0], s.classes(), D) },
	}), x, out)
	return out
}

// classRows records the first row of each image of two tensors: (R, D) to (images, D).
func classRows(p *gpu.Program, x, y gpu.Tensor, s Spans) (outX, outY gpu.Tensor) {
	defer p.Section("tokens")()
	B, D := s.Images(), x.Cols()
	outX, outY = p.Scratch(x.Name+".class", B, D), p.Scratch(y.Name+".class", B, D)
	p.Dispatch(newKernel("class_rows", args{"D": D, "Pair": true}, gpu.Kernel{
		Params: s.classParams(p), Groups: spread(ceil(B*D/4, workgroup)),
		Twin: func(a [][]float32) {
			ref.ClassRows(a[2], a[0], s.classes(), D)
			ref.ClassRows(a[3], a[1], s.classes(), D)
		},
	}), x, y, outX, outY)
	return outX, outY
}

// allRows records classRows' backward: (images, D) to (R, D), zero in the rows of the patches.
func allRows(p *gpu.Program, doutX, doutY gpu.Tensor, s Spans) (dx, dy gpu.Tensor) {
	defer p.Section("tokens")()
	R, D := s.Rows(), doutX.Cols()
	dx, dy = p.Scratch(doutX.Name+".all", R, D), p.Scratch(doutY.Name+".all", R, D)
	p.Dispatch(newKernel("class_rows_backward", args{"D": D}, gpu.Kernel{
		Params: s.classParams(p), Groups: spread(ceil(R*D/4, workgroup)),
		Twin: func(a [][]float32) {
			ref.ClassRowsBackward(a[2], a[0], s.classes(), D)
			ref.ClassRowsBackward(a[3], a[1], s.classes(), D)
		},
	}), doutX, doutY, dx, dy)
	return dx, dy
}

// classParams tells a kernel where the class tokens lie: the number of images and the tokens per image, of the first span
// and of the second, zeros if there is none.
func (s Spans) classParams(p *gpu.Program) []uint32 {
	if len(s) > 2 {
		p.Fail("class rows: %d sizes of images side by side, the kernels take at most two", len(s))
	}
	params := make([]uint32, 4)
	for i, x := range s[:min(len(s), 2)] {
		params[2*i], params[2*i+1] = uint32(x.B), uint32(x.T)
	}
	return params
}

// classes are the rows of the class tokens.
func (s Spans) classes() []int {
	var rows []int
	for _, x := range s {
		for b := range x.B {
			rows = append(rows, x.First+b*x.T)
		}
	}
	return rows
}
