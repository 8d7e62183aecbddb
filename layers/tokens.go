package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// tokensForward records the tokens (B*T, D) of patches (B*(T-1), D), the class token and positions (T, D).
func tokensForward(p *gpu.Program, patches, class, positions gpu.Tensor, B int) gpu.Tensor {
	T, D := positions.Rows(), positions.Cols()
	x := p.Scratch("tokens", B*T, D)
	p.Dispatch(newKernel("tokens_forward", args{"D": D}, gpu.Kernel{
		Params: []uint32{uint32(B), uint32(T)}, Groups: spread(ceil(B*T*D/4, workgroup)), Tolerance: exact,
		Twin: func(a [][]float32) { ref.TokensForward(a[3], a[0], a[1], a[2], D) },
	}), patches, class, positions, x)
	return x
}

// tokensBackward records the patches' rows (B*(T-1), D) of dx (B*T, D).
func tokensBackward(p *gpu.Program, dx gpu.Tensor, B int) gpu.Tensor {
	T, D := dx.Rows()/B, dx.Cols()
	out := p.Scratch("dpatches", B*(T-1), D)
	p.Dispatch(newKernel("tokens_backward", args{"D": D}, gpu.Kernel{
		Params: []uint32{uint32(B), uint32(T)}, Groups: spread(ceil(out.Len()/4, workgroup)),
		Twin: func(a [][]float32) { ref.TokensBackward(a[1], a[0], T, D) },
	}), dx, out)
	return out
}

// tokensBackwardPosition records dpositions (T, D) = [dpositions +] the sum over pictures of dx (B*T, D), and
// dclass += that of its first rows.
func tokensBackwardPosition(p *gpu.Program, dx, dpositions, dclass gpu.Tensor, B int, accumulate bool) {
	T, D := dx.Rows()/B, dx.Cols()
	p.Dispatch(newKernel("tokens_backward_position", args{"D": D, "Accumulate": accumulate}, gpu.Kernel{
		Params: []uint32{uint32(B), uint32(T)}, Groups: spread(ceil(T*D/4, workgroup)), Trips: B, Tolerance: exact,
		Twin: func(a [][]float32) { ref.TokensBackwardPosition(a[1], a[2], a[0], accumulate) },
	}), dx, dpositions, dclass)
}
