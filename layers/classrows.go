package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// classRows records the first row of each picture: (B*T, D) to (B, D).
func classRows(p *gpu.Program, x gpu.Tensor, T int) gpu.Tensor {
	defer p.Part(p.Part("tokens"))
	B, D := x.Rows()/T, x.Cols()
	out := p.Scratch(x.Name+".class", B, D)
	p.Dispatch(newKernel("class_rows", args{"D": D, "T": T}, gpu.Kernel{
		Params: []uint32{uint32(B)}, Groups: spread(ceil(B*D/4, workgroup)),
		Twin: func(a [][]float32) { ref.ClassRows(a[1], a[0], T, D) },
	}), x, out)
	return out
}

// allRows records classRows' backward: (B, D) to (B*T, D), zero in the rows of the patches.
func allRows(p *gpu.Program, dy gpu.Tensor, T int) gpu.Tensor {
	defer p.Part(p.Part("tokens"))
	B, D := dy.Rows(), dy.Cols()
	out := p.Scratch(dy.Name+".all", B*T, D)
	p.Dispatch(newKernel("class_rows_backward", args{"D": D, "T": T}, gpu.Kernel{
		Params: []uint32{uint32(B * T)}, Groups: spread(ceil(B*T*D/4, workgroup)),
		Twin: func(a [][]float32) { ref.ClassRowsBackward(a[1], a[0], T, D) },
	}), dy, out)
	return out
}
