package eval

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/dinogpu/dinogpu/dino"
)

// rankEps is added to each normalized singular value, as the paper of RankMe does.
const rankEps = 1e-7

// RankMe is the effective rank of features (N, Dim): exp of the entropy of their singular values, which are divided by
// their sum; from 1, all features in one direction, to min(N, Dim). Features are taken as they are, not centered. NaN
// where one of them is not finite. Source: RankMe (arXiv 2210.02885), equation 1.
func RankMe(f Features) float64 {
	gram, scale := f.gram()
	if gram == nil {
		return math.NaN()
	}
	if scale == 0 {
		return 1 // zeros: the limit of features that shrink together
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(gram, false) {
		return math.NaN()
	}
	values := eigen.Values(nil)
	var sum, entropy float64
	for i, v := range values {
		values[i] = math.Sqrt(max(v, 0)) // rounding leaves zeros slightly below
		sum += values[i]
	}
	for _, v := range values {
		p := v/sum + rankEps
		entropy -= p * math.Log(p)
	}
	return math.Exp(entropy)
}

// gram is the features' products with each other, or the dimensions', whichever are fewer: both have the squared singular
// values. The features are divided by scale, their largest magnitude, first. It is nil where a feature is not finite.
func (f Features) gram() (gram *mat.SymDense, scale float64) {
	for _, x := range f.Values {
		v := math.Abs(float64(x))
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, 0
		}
		scale = max(scale, v)
	}
	values := make([]float64, len(f.Values))
	for i, x := range f.Values {
		if scale > 0 {
			values[i] = float64(x) / scale
		}
	}
	x := mat.NewDense(f.Len(), f.Dim, values)
	if f.Len() < f.Dim {
		gram = mat.NewSymDense(f.Len(), nil)
		gram.SymOuterK(1, x)
	} else {
		gram = mat.NewSymDense(f.Dim, nil)
		gram.SymOuterK(1, x.T())
	}
	return gram, scale
}

// ViewsTop1 is how often, in percent, the nearest of all M originals by cosine is the one that a moved copy was made of.
// Where several are equally near, each counts with its share, so that features that are all alike give ViewsChance. NaN
// where a feature is not finite.
func (v ViewFeatures) ViewsTop1() float64 {
	dim := v.Originals.Dim
	originals, moved := v.Originals.unit(dim), v.Moved.unit(dim)
	M := v.Originals.Len()
	hits := 0.0
	for i := range M {
		query := moved[i*dim:][:dim]
		best, ties, own := math.Inf(-1), 0, false
		for k := range M {
			var dot float64
			for j, x := range originals[k*dim:][:dim] {
				dot += float64(x) * float64(query[j])
			}
			switch {
			case math.IsNaN(dot):
				return math.NaN()
			case dot > best:
				best, ties, own = dot, 1, k == i
			case dot == best:
				ties++
				own = own || k == i
			}
		}
		if own {
			hits += 1 / float64(ties)
		}
	}
	return 100 * hits / float64(M)
}

// ViewsChance is ViewsTop1 by guessing, in percent.
func (v ViewFeatures) ViewsChance() float64 { return 100 / float64(max(1, v.Originals.Len())) }

// PrototypesUsed is how many of the K prototypes are the largest of the centered logits for at least one of the 2 M views:
// at most 2 M, however many there are. In a network that collapsed it is 1 or little more.
func PrototypesUsed(head *dino.FrozenHead, center []float32, v ViewFeatures) (int, error) {
	used := map[int]bool{}
	for _, f := range []Features{v.Originals, v.Moved} {
		err := head.Logits(f.Values, func(batch []float32) error {
			if len(center) == 0 || len(batch)%len(center) != 0 {
				return fmt.Errorf("%d logits are not rows of the center's %d", len(batch), len(center))
			}
			for at := 0; at < len(batch); at += len(center) {
				if k := winner(batch[at:][:len(center)], center); k >= 0 {
					used[k] = true
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	if len(used) == 0 {
		return 0, errors.New("the teacher's logits are not finite")
	}
	return len(used), nil
}

// winner is the number of the largest centered logit, the first of equal ones; -1 where none is a number.
func winner(logits, center []float32) int {
	best, most := -1, float32(math.Inf(-1))
	for k, v := range logits {
		if d := v - center[k]; d > most {
			best, most = k, d
		}
	}
	return best
}
