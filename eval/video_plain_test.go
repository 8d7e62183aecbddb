package eval

import (
	"cmp"
	"math"
	"slices"
)

// plainPropagation is a propagation by plain loops in float64, with the mistakes that are usually made.
type plainPropagation struct {
	H, W, Dim, Classes             int
	LastFrames, Neighborhood, TopK int
	NoFirstFrame                   bool // only the last frames are looked at, the first while it is among them
	HardLabels                     bool // what is carried on is decided first
	TopKByFrame                    bool // the most similar of each frame by itself
	RoundNeighborhood              bool // a disc in place of a square
}

// plainLikeness is how alike the patches of frames are: exp(cosine / temperature) of all pairs, made when it is first asked for.
type plainLikeness struct {
	unit [][]float64 // of each frame: (patches, dim)
	dim  int
	of   map[[2]int][]float64 // of two frames: (patches, patches)
}

// newPlainLikeness takes features (patches, dim) of each frame.
func newPlainLikeness(features [][]float32, dim int) plainLikeness {
	unit := make([][]float64, len(features))
	for t, f := range features {
		unit[t] = make([]float64, len(f))
		for i := 0; i < len(f); i += dim {
			var norm float64
			for _, v := range f[i : i+dim] {
				norm += float64(v) * float64(v)
			}
			for j, v := range f[i : i+dim] {
				unit[t][i+j] = float64(v) / max(math.Sqrt(norm), 1e-12)
			}
		}
	}
	return plainLikeness{unit, dim, map[[2]int][]float64{}}
}

func (l plainLikeness) between(a, b int) []float64 {
	all := l.of[[2]int{a, b}]
	if all != nil {
		return all
	}
	for p := range slices.Chunk(l.unit[a], l.dim) {
		for q := range slices.Chunk(l.unit[b], l.dim) {
			var dot float64
			for j, v := range p {
				dot += v * q[j]
			}
			all = append(all, math.Exp(dot/propagationTemperature))
		}
	}
	l.of[[2]int{a, b}] = all
	return all
}

// propagatePlain gives the labels (H*W, Classes) of every frame, the first's as they are given, from features (H*W, Dim).
func propagatePlain(features [][]float32, labels []float32, o plainPropagation) [][]float32 {
	return o.propagate(newPlainLikeness(features, o.Dim), labels)
}

func (o plainPropagation) propagate(l plainLikeness, labels []float32) [][]float32 {
	soft := [][]float32{labels}
	for t := 1; t < len(l.unit); t++ {
		used := []int{0}
		for i := max(1, t-o.LastFrames); i < t; i++ {
			used = append(used, i)
		}
		if o.NoFirstFrame && t > o.LastFrames {
			used = used[1:]
		}
		soft = append(soft, o.frame(l, soft, t, used))
	}
	return soft
}

// An affinity is a context patch with its weight.
type affinity struct {
	frame, patch int
	weight       float64
}

func (o plainPropagation) frame(l plainLikeness, soft [][]float32, t int, used []int) []float32 {
	out := make([]float32, o.H*o.W*o.Classes)
	for p := range o.H * o.W {
		var all []affinity
		for _, f := range used {
			var of []affinity
			like := l.between(t, f)[p*o.H*o.W:]
			for q := range o.H * o.W {
				if !o.near(p, q) {
					continue
				}
				of = append(of, affinity{f, q, like[q]})
			}
			if o.TopKByFrame {
				of = best(of, o.TopK)
			}
			all = append(all, of...)
		}
		if !o.TopKByFrame {
			all = best(all, o.TopK)
		}
		var total float64
		sums := make([]float64, o.Classes)
		for _, a := range all {
			total += a.weight
			from := soft[a.frame][a.patch*o.Classes : (a.patch+1)*o.Classes]
			for c, v := range from {
				switch {
				case !o.HardLabels:
					sums[c] += a.weight * float64(v)
				case v == slices.Max(from) && slices.Index(from, v) == c:
					sums[c] += a.weight
				}
			}
		}
		for c, s := range sums {
			out[p*o.Classes+c] = float32(s / total)
		}
	}
	return out
}

func (o plainPropagation) near(p, q int) bool {
	y, x := p/o.W-q/o.W, p%o.W-q%o.W
	switch {
	case o.Neighborhood == 0:
		return true
	case o.RoundNeighborhood:
		return y*y+x*x <= o.Neighborhood*o.Neighborhood
	}
	return max(y, -y) <= o.Neighborhood && max(x, -x) <= o.Neighborhood
}

// best are the k of largest weight, and those that tie with the last.
func best(all []affinity, k int) []affinity {
	var most []float64 // weights, falling
	for _, a := range all {
		if len(most) == k && a.weight <= most[k-1] {
			continue
		}
		at, _ := slices.BinarySearchFunc(most, a.weight, func(m, w float64) int { return cmp.Compare(w, m) })
		if most = slices.Insert(most, at, a.weight); len(most) > k {
			most = most[:k]
		}
	}
	return slices.DeleteFunc(all, func(a affinity) bool { return a.weight < most[len(most)-1] })
}

// A plainMask makes masks by plain loops, with the mistake that is usually made.
type plainMask struct {
	H, W, Classes, Patch int
	NoMinMax             bool // classes are not stretched over 0 to 1
}

// maskPlain is the mask (H*Patch, W*Patch) of labels (H*W, Classes).
func maskPlain(labels []float32, o plainMask) []uint8 {
	h, w := o.H*o.Patch, o.W*o.Patch
	classes := make([][]float64, o.Classes)
	for c := range classes {
		for y := range h {
			for x := range w {
				classes[c] = append(classes[c], o.at(labels, c, y, x))
			}
		}
		if least, most := slices.Min(classes[c]), slices.Max(classes[c]); most > 0 && !o.NoMinMax {
			for i, v := range classes[c] {
				classes[c][i] = (v - least) / (most - least)
			}
		}
	}
	mask := make([]uint8, h*w)
	for i := range mask {
		for c := range classes {
			if v, m := classes[c][i], classes[mask[i]][i]; v > m || math.IsNaN(v) && !math.IsNaN(m) {
				mask[i] = uint8(c)
			}
		}
	}
	return mask
}

// at is class c at a pixel, between the four patches around it.
func (o plainMask) at(labels []float32, c, y, x int) float64 {
	place := func(i, n int) (first, second int, part float64) {
		at := max(0, (float64(i)+0.5)/float64(o.Patch)-0.5)
		first = int(at)
		return first, min(first+1, n-1), at - float64(first)
	}
	y0, y1, v := place(y, o.H)
	x0, x1, u := place(x, o.W)
	of := func(y, x int) float64 { return float64(labels[(y*o.W+x)*o.Classes+c]) }
	return (1-v)*((1-u)*of(y0, x0)+u*of(y0, x1)) + v*((1-u)*of(y1, x0)+u*of(y1, x1))
}
