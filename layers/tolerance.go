package layers

// Tolerances of kernels against their twins: normalised mean square errors. float32 rounding leaves about
// 1e-14; the twins sum in float64.
const (
	// exact is for kernels of sums and products alone.
	exact = 1e-10
	// approximate is for kernels that pass through exp, erf, rsqrt or division, which WebGPU lets drivers
	// compute to a few units in the last place.
	approximate = 1e-8
)
