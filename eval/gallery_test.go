package eval

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// cosineOf is the cosine of two rows of features, plainly.
func cosineOf(f []float32, dim, i, j int) float64 {
	var dot, a, b float64
	for k := range dim {
		x, y := float64(f[i*dim+k]), float64(f[j*dim+k])
		dot, a, b = dot+x*y, a+x*x, b+y*y
	}
	return dot / math.Sqrt(a*b)
}

// clustered are rows around a few points, so that there are near and far ones.
func clustered(seed uint64, n, dim int, spread float64) []float32 {
	r := rand.New(rand.NewPCG(seed, 7))
	points := make([][]float64, 1+n/5)
	for p := range points {
		points[p] = make([]float64, dim)
		for k := range points[p] {
			points[p][k] = r.NormFloat64()
		}
	}
	f := make([]float32, 0, n*dim)
	for range n {
		p, s := points[r.IntN(len(points))], spread*r.Float64()
		for k := range dim {
			f = append(f, float32(3*(p[k]+s*r.NormFloat64())))
		}
	}
	return f
}

func galleryOf(t *testing.T, f []float32, dim int) *Gallery {
	t.Helper()
	g, err := NewGallery(slices.Clone(f), dim)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// sizes are numbers of rows and of features: few, awkward, and more than a block.
var sizes = [][2]int{{2, 4}, {37, 6}, {300, 48}, {blockRows + 70, 8}}

func TestNearestIsBruteForce(t *testing.T) {
	for _, s := range sizes {
		n, dim := s[0], s[1]
		f := clustered(1, n+9, dim, 0.7)
		queries := galleryOf(t, f[n*dim:], dim)
		seen := 0
		lists, err := galleryOf(t, f[:n*dim], dim).Nearest(context.Background(), device(t), queries, 12, func(n int) { seen = n })
		if err != nil || len(lists) != 9 || seen != 9 {
			t.Fatalf("%d lists, %d seen: %v", len(lists), seen, err)
		}
		for q, near := range lists {
			var want []float64
			for i := range n {
				want = append(want, cosineOf(f, dim, n+q, i))
			}
			if len(near) != min(12, n) {
				t.Fatalf("%d of %d rows", len(near), n)
			}
			for _, x := range near {
				if math.Abs(x.Similarity-want[x.Index]) > 1e-5 {
					t.Fatalf("%d x %d: row %d has cosine %g, want %g", n, dim, x.Index, x.Similarity, want[x.Index])
				}
			}
			slices.SortFunc(want, func(a, b float64) int { return cmp.Compare(b, a) })
			for k, x := range near {
				if math.Abs(x.Similarity-want[k]) > 1e-5 {
					t.Fatalf("%d x %d: neighbor %d has cosine %g, want %g", n, dim, k, x.Similarity, want[k])
				}
			}
		}
	}
}

func TestOutliersAreBruteForce(t *testing.T) {
	for _, s := range sizes[:3] {
		n, dim := s[0], s[1]
		f := clustered(2, n, dim, 0.7)
		got, err := galleryOf(t, f, dim).Outliers(context.Background(), device(t), 10, nil)
		if err != nil || len(got) != n {
			t.Fatalf("%d of %d: %v", len(got), n, err)
		}
		var sorted []float64
		for _, o := range got {
			var all []float64
			for j := range n {
				if j != o.Index {
					all = append(all, cosineOf(f, dim, o.Index, j))
				}
			}
			slices.SortFunc(all, func(a, b float64) int { return cmp.Compare(b, a) })
			k, mean := min(10, n-1), 0.0
			for _, c := range all[:k] {
				mean += c / float64(k)
			}
			if math.Abs(o.Mean-mean) > 1e-5 || len(o.Nearest) != k || math.Abs(o.Nearest[0].Similarity-all[0]) > 1e-5 {
				t.Fatalf("%d x %d: row %d has %g of %d, want %g of %d", n, dim, o.Index, o.Mean, len(o.Nearest), mean, k)
			}
			sorted = append(sorted, o.Mean)
		}
		if !slices.IsSorted(sorted) {
			t.Error("not the least first")
		}
	}
}

// More copies of a row than are looked for still leave the row itself out, once.
func TestOutliersAmongCopies(t *testing.T) {
	f := append(slices.Repeat([]float32{1, 2, 3, 4}, 20), 4, -3, 2, -1)
	got, err := galleryOf(t, f, 4).Outliers(context.Background(), device(t), 5, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Index != 20 || math.Abs(got[0].Mean) > 1e-6 {
		t.Errorf("first %+v, want row 20 at right angles to the others", got[0])
	}
	for _, o := range got[1:] {
		if math.Abs(o.Mean-1) > 1e-6 || slices.ContainsFunc(o.Nearest, func(n Neighbor) bool { return n.Index == o.Index || n.Index == 20 }) {
			t.Errorf("%+v", o)
		}
	}
}

// bruteGroups joins rows pair by pair, and looks at all pairs of a group.
func bruteGroups(f []float32, dim int, threshold float64) (groups []Group) {
	n := len(f) / dim
	group := make([]int, n)
	for i := range n {
		group[i] = i
	}
	for i := range n {
		for j := range i {
			if from, to := group[i], group[j]; from != to && cosineOf(f, dim, i, j) >= threshold {
				for k := range group {
					if group[k] == from {
						group[k] = to
					}
				}
			}
		}
	}
	for id := range n {
		g := Group{Least: 1}
		for i := range n {
			if group[i] == id {
				for _, j := range g.Members {
					g.Least = min(g.Least, cosineOf(f, dim, i, j))
				}
				g.Members = append(g.Members, i)
			}
		}
		if len(g.Members) > 1 {
			groups = append(groups, g)
		}
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(len(b.Members), len(a.Members)), cmp.Compare(b.Least, a.Least))
	})
	return groups
}

func TestDuplicatesAreBruteForce(t *testing.T) {
	for _, s := range sizes {
		n, dim := s[0], s[1]
		f := clustered(3, n, dim, 0.5)
		for _, threshold := range []float64{0.3, 0.9} { // a large group; many small ones
			want := bruteGroups(f, dim, threshold)
			seen := 0
			got, err := galleryOf(t, f, dim).Duplicates(context.Background(), device(t), threshold, func(n int) { seen = n })
			if err != nil || len(got) != len(want) || seen != n {
				t.Fatalf("%d x %d at %g: %d groups, want %d, of %d rows: %v", n, dim, threshold, len(got), len(want), seen, err)
			}
			for i, g := range got {
				if !slices.Equal(g.Members, want[i].Members) || math.Abs(g.Least-want[i].Least) > 1e-5 {
					t.Fatalf("%d x %d at %g: group %d is %v, want %v", n, dim, threshold, i, g, want[i])
				}
			}
			if n >= 300 && (threshold > 0.5 && len(want) < 10 || threshold < 0.5 && len(want[0].Members) <= fewMembers) {
				t.Errorf("%d x %d at %g: %d groups do not try what they should", n, dim, threshold, len(want))
			}
		}
	}
}

// A chain is one group, whose ends are far apart; equal rows reach a threshold of 1.
func TestDuplicatesChain(t *testing.T) {
	var f []float32
	for i := range 5 {
		a := 0.3 * float64(i)
		f = append(f, float32(math.Cos(a)), float32(math.Sin(a)), 0)
	}
	f = append(f, .1, .2, .7, .1, .2, .7)
	g := galleryOf(t, f, 3)
	for threshold, want := range map[float64][]Group{
		0.95: {{[]int{0, 1, 2, 3, 4}, math.Cos(1.2)}, {[]int{5, 6}, 1}},
		1:    {{[]int{5, 6}, 1}},
	} {
		got, err := g.Duplicates(context.Background(), device(t), threshold, nil)
		if err != nil || len(got) != len(want) {
			t.Fatalf("at %g: %v, %v", threshold, got, err)
		}
		for i := range want {
			if !slices.Equal(got[i].Members, want[i].Members) || math.Abs(got[i].Least-want[i].Least) > 1e-6 {
				t.Errorf("at %g: %v, want %v", threshold, got[i], want[i])
			}
		}
	}
}

func TestGalleryRefuses(t *testing.T) {
	nan := float32(math.NaN())
	for want, f := range map[string][]float32{"are not rows": {1, 2, 3}, "not finite": {1, 2, 3, nan}, "0 values": nil} {
		if _, err := NewGallery(f, 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", f, err, want)
		}
	}
	ctx, d, g := context.Background(), device(t), galleryOf(t, []float32{1, 2, 3, 4}, 4)
	_, near := g.Nearest(ctx, d, g, MostNeighbors+1, nil)
	_, wide := g.Nearest(ctx, d, galleryOf(t, make([]float32, 8), 8), 1, nil)
	_, alone := g.Outliers(ctx, d, 10, nil)
	_, high := g.Duplicates(ctx, d, 1.5, nil)
	_, nanned := g.Duplicates(ctx, d, math.NaN(), nil)
	for want, err := range map[string]error{"1025 neighbors": near, "8 values": wide, "no others": alone, "threshold 1.5": high, "threshold NaN": nanned} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	two := galleryOf(t, make([]float32, 8), 4) // zeros are like nothing, and no error
	if _, err := two.Duplicates(stopped, d, 0.9, nil); err != context.Canceled {
		t.Error(err)
	}
	if groups, err := two.Duplicates(ctx, d, 0.9, nil); err != nil || len(groups) > 0 {
		t.Error(groups, err)
	}
}
