package layers

// Tolerances of kernels against their twins: normalized mean square errors. float32 rounding leaves about
// 1e-14; the twins sum in float64.
const (
	// exact is for kernels of sums and products alone.
	exact = 1e-10
	// approximate is for kernels with exp, erf, rsqrt or division, which WebGPU lets drivers compute to within a few
	// units in the last place.
	approximate = 1e-8
)
