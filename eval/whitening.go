package eval

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// A whitening takes the mean of some vectors away from others, turns them to the directions of those vectors' second
// moment, and brings each direction to the same size, as the reference's copy detection does. The moment is not centered,
// though the mean is taken away: so it is there.
type whitening struct {
	mean        []float64
	eigenvalues []float64  // of the moment, falling; none below floorShare of the first
	directions  *mat.Dense // (dim, dim): a column for each
}

// floorShare of the largest eigenvalue is the least that any counts as.
const floorShare = 1e-5

// moments add up what a whitening is learned from.
type moments struct {
	dim, n int
	sum    []float64
	outer  *mat.Dense // sum of x x^T
	rows   []float64  // vectors that are not in outer yet
}

// whiteningRows vectors are multiplied at once.
const whiteningRows = 256

func newMoments(dim int) *moments {
	return &moments{dim: dim, sum: make([]float64, dim), outer: mat.NewDense(dim, dim, nil)}
}

// add takes a vector.
func (m *moments) add(vector []float32) {
	for k, x := range vector {
		m.sum[k] += float64(x)
		m.rows = append(m.rows, float64(x))
	}
	m.n++
	if m.n%whiteningRows == 0 {
		m.flush()
	}
}

func (m *moments) flush() {
	if len(m.rows) == 0 {
		return
	}
	x := mat.NewDense(len(m.rows)/m.dim, m.dim, m.rows)
	var product mat.Dense
	product.Mul(x.T(), x)
	m.outer.Add(m.outer, &product)
	m.rows = m.rows[:0]
}

// whitening is what was learned. No vectors, or zeros alone, are an error.
func (m *moments) whitening() (*whitening, error) {
	if m.n == 0 {
		return nil, errors.New("whitening is learned from images, and there are none")
	}
	m.flush()
	w := &whitening{mean: make([]float64, m.dim), directions: mat.NewDense(m.dim, m.dim, nil)}
	moment := mat.NewSymDense(m.dim, nil)
	for i := range m.dim {
		w.mean[i] = m.sum[i] / float64(m.n)
		for j := i; j < m.dim; j++ {
			moment.SetSym(i, j, m.outer.At(i, j)/float64(m.n))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(moment, true) {
		return nil, errors.New("the directions of these features were not found: they are too large or too small")
	}
	rising := eigen.Values(nil)
	largest := rising[m.dim-1]
	if !(largest > 0) || math.IsInf(largest, 0) {
		return nil, fmt.Errorf("whitening needs features of some size, and their largest eigenvalue is %g: see whether the weights are those of a run that went well", largest)
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	for k := range m.dim {
		w.eigenvalues = append(w.eigenvalues, max(rising[m.dim-1-k], floorShare*largest))
		w.directions.SetCol(k, mat.Col(nil, m.dim-1-k, &vectors))
	}
	return w, nil
}

// apply whitens vectors (N, dim) where they lie.
func (w *whitening) apply(vectors []float32) {
	dim := len(w.mean)
	var scaled mat.Dense
	scaled.Apply(func(_, k int, v float64) float64 { return v / math.Sqrt(w.eigenvalues[k]) }, w.directions)
	for at := 0; at < len(vectors); at += whiteningRows * dim {
		part := vectors[at:min(len(vectors), at+whiteningRows*dim)]
		x := mat.NewDense(len(part)/dim, dim, nil)
		x.Apply(func(i, k int, _ float64) float64 { return float64(part[i*dim+k]) - w.mean[k] }, x)
		var turned mat.Dense
		turned.Mul(x, &scaled)
		for i := range part {
			part[i] = float32(turned.At(i/dim, i%dim))
		}
	}
}
