package eval

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// A PCA finds the directions in which vectors differ most. Vectors are added first, of all images that are to share one
// basis; then Fit gives it.
type PCA struct {
	dim   int
	n     int
	sum   []float64
	outer []float64 // upper triangle of the sum of x x^T, (dim, dim)
	row   []float64
}

// NewPCA begins one of vectors of dim values.
func NewPCA(dim int) *PCA {
	return &PCA{dim: dim, sum: make([]float64, dim), outer: make([]float64, dim*dim), row: make([]float64, dim)}
}

// Add takes vectors (N, dim). One with a value that is not finite is an error.
func (p *PCA) Add(vectors []float32) error {
	if len(vectors)%p.dim != 0 {
		return fmt.Errorf("%d values are not vectors of %d", len(vectors), p.dim)
	}
	for at := 0; at < len(vectors); at += p.dim {
		for k, x := range vectors[at:][:p.dim] {
			if v := float64(x); math.IsNaN(v) || math.IsInf(v, 0) {
				return errors.New("features are not finite: these weights are broken")
			}
			p.row[k] = float64(x)
		}
		for i, x := range p.row {
			p.sum[i] += x
			out := p.outer[i*p.dim:][:p.dim]
			for j := i; j < p.dim; j++ {
				out[j] += x * p.row[j]
			}
		}
		p.n++
	}
	return nil
}

// A Basis is a mean and the directions of largest variance around it.
type Basis struct {
	Mean  []float64   // (dim)
	Axes  [][]float64 // each (dim), of length 1, the one of largest variance first; its entry of largest magnitude is positive
	Share []float64   // of each axis: its part of all variance
}

// Fit gives the first n directions, at most as many as there are dimensions. The vectors' covariance is divided by N - 1.
// Two vectors at least have to have been added.
func (p *PCA) Fit(n int) (*Basis, error) {
	if p.n < 2 {
		return nil, fmt.Errorf("directions of %d vectors: two are the least", p.n)
	}
	b := &Basis{Mean: make([]float64, p.dim)}
	for i, x := range p.sum {
		b.Mean[i] = x / float64(p.n)
	}
	covariance := mat.NewSymDense(p.dim, nil)
	var all float64
	for i := range p.dim {
		for j := i; j < p.dim; j++ {
			covariance.SetSym(i, j, (p.outer[i*p.dim+j]-b.Mean[i]*p.sum[j])/float64(p.n-1))
		}
		all += covariance.At(i, i)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(covariance, true) {
		return nil, errors.New("the directions of these features were not found: they are too large or too small")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	for k := range min(n, p.dim) {
		column := p.dim - 1 - k // values rise
		axis := mat.Col(nil, column, &vectors)
		largest := 0
		for i, x := range axis {
			if math.Abs(x) > math.Abs(axis[largest]) {
				largest = i
			}
		}
		if axis[largest] < 0 {
			for i := range axis {
				axis[i] = -axis[i]
			}
		}
		b.Axes = append(b.Axes, axis)
		share := 0.0
		if all > 0 {
			share = max(0, eigen.RawValues()[column]) / all
		}
		b.Share = append(b.Share, share)
	}
	return b, nil
}

// Scores gives each vector's components along the axes, (N, axes).
func (b *Basis) Scores(vectors []float32) []float64 {
	dim := len(b.Mean)
	out := make([]float64, 0, len(vectors)/dim*len(b.Axes))
	for at := 0; at+dim <= len(vectors); at += dim {
		for _, axis := range b.Axes {
			var sum float64
			for k, x := range vectors[at:][:dim] {
				sum += (float64(x) - b.Mean[k]) * axis[k]
			}
			out = append(out, sum)
		}
	}
	return out
}
