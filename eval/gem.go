package eval

import "math"

// The reference's generalized mean (GeM) of patch tokens: values from gemLeast on, to the power gemPower, their mean, and
// its root.
const (
	gemPower = 4
	gemLeast = 1e-6
)

// copyDescriptor is an image's class token (dim) and behind it the generalized mean of its patch tokens (patches, dim):
// (2*dim).
func copyDescriptor(class, patches []float32) []float32 {
	dim := len(class)
	sums := make([]float64, dim)
	for at := 0; at < len(patches); at += dim {
		for k, v := range patches[at:][:dim] {
			x := max(gemLeast, float64(v))
			sums[k] += x * x * x * x // gemPower
		}
	}
	all := append(make([]float32, 0, 2*dim), class...)
	for _, sum := range sums {
		all = append(all, float32(math.Pow(sum/float64(len(patches)/dim), 1./gemPower)))
	}
	return all
}
