package eval

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/dinogpu/dinogpu/gpu"
)

// A Group is rows that hang together by near pairs.
type Group struct {
	Members []int   // in the gallery's order, two at least
	Least   float64 // the least cosine of any two of them, which a chain of near pairs brings below the threshold
}

// rounding is by how much float32 may misstate a cosine: equal features are not to miss a threshold of 1 for it.
const rounding = 1e-6

// Duplicates finds the groups of rows that are joined by pairs whose cosine is the threshold or more (single linkage): the
// largest first, of equal ones that with the greatest Least, then in the gallery's order. All pairs are looked at, in blocks
// that the device multiplies. done, if it is not nil, is told how many rows have been compared with all behind them.
func (g *Gallery) Duplicates(ctx context.Context, d *gpu.Device, threshold float64, done func(n int)) ([]Group, error) {
	if !(threshold > -1 && threshold <= 1) {
		return nil, fmt.Errorf("threshold %g: a cosine above -1, up to 1", threshold)
	}
	p, err := newPairs(d, g)
	if err != nil {
		return nil, fmt.Errorf("duplicates: %w", err)
	}
	defer p.release()
	sets := newDisjoint(g.n)
	least := float32(threshold - rounding)
	err = p.each(ctx, g, done, func(i, first int, cosines []float32) {
		for j, c := range cosines {
			if c >= least {
				sets.join(i, first+j)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	var groups []Group
	for _, members := range sets.groups() {
		least, err := g.leastPair(ctx, p, members)
		if err != nil {
			return nil, err
		}
		groups = append(groups, Group{members, least})
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(len(b.Members), len(a.Members)), cmp.Compare(b.Least, a.Least))
	})
	return groups, nil
}

// fewMembers are compared quicker here than on a device.
const fewMembers = 64

// leastPair is the least cosine of any two of the members.
func (g *Gallery) leastPair(ctx context.Context, p *pairs, members []int) (float64, error) {
	least := 1.0
	if len(members) <= fewMembers {
		for n, i := range members {
			for _, j := range members[n+1:] {
				least = min(least, g.cosine(i, j))
			}
		}
		return least, nil
	}
	err := p.each(ctx, g.Rows(members), nil, func(_, _ int, cosines []float32) {
		for _, c := range cosines {
			least = min(least, float64(c))
		}
	})
	return least, err
}
