package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// tokensForward records the tokens of a span of x (R, D) from patches (P, D), those of the span from row first on,
// the class token and positions (T, D).
func tokensForward(p *gpu.Program, patches, class, positions, x gpu.Tensor, s Span, first int) {
	D := x.Cols()
	p.Dispatch(newKernel("tokens_forward", args{"D": D}, gpu.Kernel{
		Params: []uint32{uint32(s.B), uint32(s.T), uint32(s.First), uint32(first)},
		Groups: spread(ceil(s.B*s.T*D/4, workgroup)), Tolerance: exact,
		Twin: func(a [][]float32) { ref.TokensForward(s.of(a[3], D), a[0][first*D:], a[1], a[2], D) },
	}), patches, class, positions, x)
}

// tokensBackward records the rows of a span's patches, from row first of out (P, D) on, from dx (R, D).
func tokensBackward(p *gpu.Program, dx, out gpu.Tensor, s Span, first int) {
	D, n := dx.Cols(), s.B*(s.T-1)
	p.Dispatch(newKernel("tokens_backward", args{"D": D}, gpu.Kernel{
		Params: []uint32{uint32(s.B), uint32(s.T), uint32(s.First), uint32(first)},
		Groups: spread(ceil(n*D/4, workgroup)),
		Twin:   func(a [][]float32) { ref.TokensBackward(a[1][first*D:(first+n)*D], s.of(a[0], D), s.T, D) },
	}), dx, out)
}

// tokensBackwardPosition records dpositions (T, D) = [dpositions +] the sum over a span's images of dx (R, D),
// and dclass += that of its first rows.
func tokensBackwardPosition(p *gpu.Program, dx, dpositions, dclass gpu.Tensor, s Span, accumulate bool) {
	D := dx.Cols()
	p.Dispatch(newKernel("tokens_backward_position", args{"D": D, "Accumulate": accumulate}, gpu.Kernel{
		Params: []uint32{uint32(s.B), uint32(s.T), uint32(s.First)},
		Groups: spread(ceil(s.T*D/4, workgroup)), Trips: s.B, Tolerance: exact,
		Twin: func(a [][]float32) { ref.TokensBackwardPosition(a[1], a[2], s.of(a[0], D), accumulate) },
	}), dx, dpositions, dclass)
}
