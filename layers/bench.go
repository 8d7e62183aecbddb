package layers

import "github.com/dinogpu/dinogpu/gpu"

// bench_fma.wgsl runs 256 loop turns of 8 steps per invocation and chain.
const (
	fmaTurns = 256
	fmaSteps = 8
)

// BenchFMA records a kernel that does nothing but chains independent chains of fma in each of out's elements
// (a multiple of 64).
func BenchFMA(p *gpu.Program, chains int, out gpu.Tensor) {
	defer p.Section("fma")()
	n := out.Len()
	if n%workgroup != 0 {
		p.Fail("bench: %d invocations are not a multiple of %d", n, workgroup)
	}
	p.Dispatch(newKernel("bench_fma", args{"CHAINS": chains}, gpu.Kernel{
		Groups: [3]int{ceil(n, workgroup), 1, 1}, Trips: fmaTurns, Flops: 2 * n * fmaTurns * fmaSteps * chains,
		// rounding of 2,048 steps whose errors fade slowly, fused on some devices and not on others
		Tolerance: approximate, Twin: func(a [][]float32) { fmaTwin(a[0], chains) },
	}), out)
}

func fmaTwin(out []float32, chains int) {
	const y = float64(float32(0.999)) // as the kernel has it
	for i := range out {
		x, sum := float64(float32(i)*1e-6), 0.0
		for c := range chains {
			a := float64(i%64 + c)
			for range fmaTurns * fmaSteps {
				a = a*y + x
			}
			sum += a
		}
		out[i] = float32(sum)
	}
}

// BenchCopy records a copy of x into out by a kernel; both have a multiple of 4 elements.
func BenchCopy(p *gpu.Program, x, out gpu.Tensor) {
	defer p.Section("copy")()
	if x.Len() != out.Len() || x.Len()%4 != 0 {
		p.Fail("bench: %v cannot be copied into %v by fours", x.Shape, out.Shape)
	}
	n := x.Len() / 4
	p.Dispatch(newKernel("bench_copy", nil, gpu.Kernel{
		Params: []uint32{uint32(n)}, Groups: spread(ceil(n, workgroup)),
		Twin: func(a [][]float32) { copy(a[1], a[0]) },
	}), x, out)
}
