package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A Gallery is features that others, or each other, are compared with by cosine.
type Gallery struct {
	values    []float32 // (n, stride): of length 1, padded with zeros
	n, stride int
}

// NewGallery takes n rows of dim features for its own: it scales them where they lie, since a large set is not to be in
// memory twice. Rows that are not finite are an error.
func NewGallery(values []float32, dim int) (*Gallery, error) {
	if dim < 1 || len(values) == 0 || len(values)%dim != 0 {
		return nil, fmt.Errorf("%d values are not rows of %d features", len(values), dim)
	}
	for i := 0; i < len(values); i += dim {
		if !finite(values[i : i+dim]) {
			return nil, fmt.Errorf("row %d of the features is not finite", i/dim)
		}
	}
	if dim%4 != 0 { // what a kernel reads at once
		return Features{Values: values, Dim: dim}.gallery(), nil
	}
	for i := 0; i < len(values); i += dim {
		toUnit(values[i : i+dim])
	}
	return &Gallery{values, len(values) / dim, dim}, nil
}

func (f Features) gallery() *Gallery {
	stride := ceil(f.Dim, 4) * 4
	return &Gallery{f.unit(stride), f.Len(), stride}
}

// Len is the number of rows.
func (g *Gallery) Len() int { return g.n }

// Rows are copies of some rows, as a gallery.
func (g *Gallery) Rows(which []int) *Gallery {
	some := &Gallery{make([]float32, 0, len(which)*g.stride), len(which), g.stride}
	for _, i := range which {
		some.values = append(some.values, g.row(i)...)
	}
	return some
}

func (g *Gallery) row(i int) []float32 { return g.values[i*g.stride : (i+1)*g.stride] }

// cosine of two rows, in float64.
func (g *Gallery) cosine(i, j int) float64 {
	a, b := g.row(i), g.row(j)
	var dot, aa, bb float64
	for k, v := range a {
		x, y := float64(v), float64(b[k])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb) // float32 rows are only about of length 1
}

// MostNeighbors is the largest number of neighbors that Nearest and Outliers look for, where a row itself is one of
// them.
const MostNeighbors = layers.MaxTopK

// Nearest finds the k rows nearest to each query by cosine, the nearest first, equal ones in the gallery's order; all
// where there are fewer than k. The queries' features have as many values as the gallery's. done, if it is not nil, is told
// how many queries are through.
func (g *Gallery) Nearest(ctx context.Context, d *gpu.Device, queries *Gallery, k int, done func(n int)) ([][]Neighbor, error) {
	switch {
	case queries.stride != g.stride:
		return nil, fmt.Errorf("the queries' features have %d values, the others %d", queries.stride, g.stride)
	case k < 1 || k > MostNeighbors:
		return nil, fmt.Errorf("%d neighbors: from 1 to %d are possible", k, MostNeighbors)
	}
	return g.nearest(ctx, d, queries, min(k, g.n), done)
}
