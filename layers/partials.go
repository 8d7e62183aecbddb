package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// reducePartials records out (M, N) = [out +] the sum of partials (S, M, stride) over S; stride is N rounded
// up to a multiple of 4.
func reducePartials(p *gpu.Program, partials, out gpu.Tensor, accumulate bool) {
	M, N := out.Rows(), out.Cols()
	stride := partials.Cols()
	S := partials.Len() / (M * stride)
	p.Dispatch(newKernel("partials_reduce", args{"V4": stride == N, "Accumulate": accumulate}, gpu.Kernel{
		Params: []uint32{uint32(M), uint32(N), uint32(stride), uint32(S)},
		Groups: spread(ceil(M*stride/4, 64)), Trips: S, Tolerance: exact,
		Twin: func(a [][]float32) { ref.PartialsReduce(a[1], a[0], M, N, stride, accumulate) },
	}), partials, out)
}
