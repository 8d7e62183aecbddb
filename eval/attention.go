package eval

import (
	"cmp"
	"math"
	"slices"
)

// Kept tells which of a map's weights belong to the smallest set of largest weights that holds a share of their sum, share
// from 0 to 1: the mask of attention that the paper shows and measures (section 4.2.2, with 0.6). As in the reference's
// visualize_attention, the weight that crosses the share is kept. Of equal weights the later ones are kept first; weights
// that are not finite or not above 0 never are.
func Kept(weights []float32, share float64) []bool {
	order := make([]int, len(weights))
	var sum float64
	for i, w := range weights {
		order[i] = i
		sum += mass(w)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(mass(weights[a]), mass(weights[b])) })
	kept := make([]bool, len(weights))
	var below float64 // the share of the weights up to this one, the smallest first
	for _, i := range order {
		w := mass(weights[i])
		below += w / sum
		kept[i] = w > 0 && below > 1-share
	}
	return kept
}

// mass is a weight as far as it counts.
func mass(w float32) float64 {
	if w > 0 && !math.IsInf(float64(w), 1) {
		return float64(w)
	}
	return 0
}

// MeanMap is the mean of several maps of one size, weight by weight.
func MeanMap(maps ...[]float32) []float32 {
	if len(maps) == 0 {
		return nil
	}
	mean := make([]float32, len(maps[0]))
	for i := range mean {
		var sum float64
		for _, m := range maps {
			sum += float64(m[i])
		}
		mean[i] = float32(sum / float64(len(maps)))
	}
	return mean
}

// Cosines gives the cosine of each of N vectors of dim values to the query, from -1 to 1; 0 for a vector of zeros.
func Cosines(vectors []float32, dim int, query []float32) []float32 {
	out := make([]float32, len(vectors)/dim)
	length := func(v []float32) float64 {
		var sum float64
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		return math.Sqrt(sum)
	}
	q := length(query)
	for i := range out {
		v := vectors[i*dim:][:dim]
		var dot float64
		for k, x := range v {
			dot += float64(x) * float64(query[k])
		}
		if n := length(v) * q; n > 0 {
			out[i] = float32(dot / n)
		}
	}
	return out
}
