package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dinogpu/dinogpu/gpu"
)

// An Outlier is a row that is like few others.
type Outlier struct {
	Index   int
	Mean    float64    // cosine to its nearest, on average
	Nearest []Neighbor // as many as Mean is of, the nearest first
}

// Outliers orders all rows by their mean cosine to their k nearest others (all others where there are fewer), the
// least first, equal ones in the gallery's order. It is how far a row is from where rows are dense, and no claim that
// anything is wrong with it. done, if it is not nil, is told how many rows are through.
func (g *Gallery) Outliers(ctx context.Context, d *gpu.Device, k int, done func(n int)) ([]Outlier, error) {
	switch {
	case g.n < 2:
		return nil, errors.New("one image has no others to be compared with")
	case k < 1 || k >= MostNeighbors:
		return nil, fmt.Errorf("the mean of %d neighbors: from 1 to %d are possible", k, MostNeighbors-1)
	}
	k = min(k, g.n-1)
	lists, err := g.nearest(ctx, d, g, k+1, done)
	if err != nil {
		return nil, err
	}
	all := make([]Outlier, g.n)
	for i, near := range lists {
		// where enough others equal it, it need not be in its own list
		near = slices.DeleteFunc(near, func(n Neighbor) bool { return n.Index == i })[:k]
		sum := 0.0
		for _, n := range near {
			sum += n.Similarity
		}
		all[i] = Outlier{i, sum / float64(k), near}
	}
	slices.SortStableFunc(all, func(a, b Outlier) int { return cmp.Compare(a.Mean, b.Mean) })
	return all, nil
}
