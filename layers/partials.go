package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// reducePartials records out (M, N) = [out +] the sum of partials (S, M, stride) over S; stride is N rounded
// up to a multiple of 4. Where sums is a tensor, each of the partials has
// as many more elements behind it, and sums += their sum.
func reducePartials(p *gpu.Program, partials, out, sums gpu.Tensor, S int, accumulate bool) {
	M, N := out.Rows(), out.Cols()
	stride := roundUp4(N)
	each := partials.Len() / S
	bound := []gpu.Tensor{partials, out}
	if !sums.IsZero() {
		bound = append(bound, sums)
	}
	lanes, cols := 1, workgroup
	if !p.Target.Software && S >= 64 {
		// there are many partials of few columns: these alone would leave a GPU idle; 8 quads are a line of its cache
		lanes, cols = 32, 8
	}
	a := args{"V4": stride == N, "Accumulate": accumulate, "Sums": !sums.IsZero(), "LANES": lanes, "COLS": cols}
	p.Dispatch(newKernel("partials_reduce", a, gpu.Kernel{
		Params: []uint32{uint32(M), uint32(N), uint32(stride), uint32(S), uint32(each / 4)},
		Groups: spread(ceil(each/4, cols)), Trips: ceil(S, lanes) + 5, Tolerance: exact,
		Twin: func(a [][]float32) {
			ref.PartialsReduce(a[1], a[0], S, M, N, accumulate)
			if len(a) > 2 {
				ref.PartialsSums(a[2], a[0], S)
			}
		},
	}), bound...)
}
