package eval

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// randomFeatures are n vectors in `rank` directions, and a little noise.
func randomFeatures(n, dim, rank int, noise float64, seed uint64) Features {
	random := rand.New(rand.NewPCG(seed, 1))
	axes := make([]float64, rank*dim)
	for i := range axes {
		axes[i] = random.NormFloat64()
	}
	f := Features{Dim: dim, Values: make([]float32, n*dim)}
	for i := range n {
		for r := range rank {
			w := random.NormFloat64()
			for j := range dim {
				f.Values[i*dim+j] += float32(w * axes[r*dim+j])
			}
		}
		for j := range dim {
			f.Values[i*dim+j] += float32(noise * random.NormFloat64())
		}
	}
	return f
}

// The formula of the paper, with singular values by another way than RankMe takes.
func TestRankMeBesideSVD(t *testing.T) {
	for _, c := range []struct{ n, dim, rank int }{{40, 12, 12}, {9, 30, 9}, {60, 24, 3}, {2, 5, 1}} {
		f := randomFeatures(c.n, c.dim, c.rank, 0.01, 5)
		values := make([]float64, len(f.Values))
		for i, v := range f.Values {
			values[i] = float64(v)
		}
		var svd mat.SVD
		if !svd.Factorize(mat.NewDense(c.n, c.dim, values), mat.SVDNone) {
			t.Fatal("no singular values")
		}
		sum, entropy := 0.0, 0.0
		for _, s := range svd.Values(nil) {
			sum += s
		}
		for _, s := range svd.Values(nil) {
			p := s/sum + 1e-7
			entropy -= p * math.Log(p)
		}
		if got, want := RankMe(f), math.Exp(entropy); math.Abs(got-want) > 1e-6*want {
			t.Errorf("%d x %d: %.9g, by the singular values %.9g", c.n, c.dim, got, want)
		}
	}
}

func TestRankMeKnown(t *testing.T) {
	equal := Features{Dim: 4, Values: make([]float32, 16)}
	for i := range 4 {
		equal.Values[5*i] = 3
	}
	alike := Features{Dim: 3, Values: []float32{1, 2, 3, 1, 2, 3, 2, 4, 6}}
	for _, c := range []struct {
		f    Features
		want float64
		what string
	}{
		{equal, 4, "four directions of equal strength"},
		{alike, 1, "one direction"},
		{Features{Dim: 2, Values: make([]float32, 8)}, 1, "zeros"},
	} {
		if got := RankMe(c.f); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%s: %.6g, want %g", c.what, got, c.want)
		}
	}
	// the paper takes no mean off: features that share one add a strong direction
	if f := randomFeatures(100, 8, 8, 0, 3); RankMe(f) < 6 {
		t.Errorf("features in 8 directions have an effective rank of %.2f", RankMe(f))
	}
	large := Features{Dim: 2, Values: []float32{1e30, 0, 0, 1e30}}
	if got := RankMe(large); math.Abs(got-2) > 1e-4 {
		t.Errorf("large values: %g", got)
	}
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
		if got := RankMe(Features{Dim: 2, Values: []float32{1, bad, 0, 1}}); !math.IsNaN(got) {
			t.Errorf("with %v: %g", bad, got)
		}
	}
}

func TestViewsTop1(t *testing.T) {
	originals := Features{Dim: 2, Values: []float32{1, 0, 0, 1, -1, 0, 0, -1}}
	moved := Features{Dim: 2, Values: []float32{5, 1, 0.2, 9, 1, 0.1, 0, -2}} // the third lies at the first's original
	v := ViewFeatures{originals, moved}
	if got := v.ViewsTop1(); got != 75 {
		t.Errorf("%g %%, want 75", got)
	}
	if got := v.ViewsChance(); got != 25 {
		t.Errorf("chance is %g %%", got)
	}
	alike := Features{Dim: 2, Values: []float32{1, 2, 1, 2, 1, 2, 1, 2}}
	if got := (ViewFeatures{alike, alike}).ViewsTop1(); got != 25 {
		t.Errorf("features that are all alike: %g %%, want chance, 25", got)
	}
	moved.Values[0] = float32(math.NaN())
	if got := v.ViewsTop1(); !math.IsNaN(got) {
		t.Errorf("a feature that is no number: %g %%", got)
	}
}

// Beside plain loops over random features.
func TestViewsTop1BruteForce(t *testing.T) {
	a, noise := randomFeatures(70, 6, 6, 0, 8), randomFeatures(70, 6, 6, 0, 9)
	b := Features{Dim: 6, Values: make([]float32, len(a.Values))}
	for i := range b.Values {
		b.Values[i] = a.Values[i] + 0.7*noise.Values[i]
	}
	hits := 0
	for i := range 70 {
		near := Cosines(a.Values, 6, b.Values[6*i:][:6])
		best := 0
		for k := range near {
			if near[k] > near[best] {
				best = k
			}
		}
		if best == i {
			hits++
		}
	}
	if hits == 0 || hits == 70 {
		t.Fatalf("%d of 70: the example tells nothing", hits)
	}
	if got, want := (ViewFeatures{a, b}).ViewsTop1(), 100*float64(hits)/70; math.Abs(got-want) > 1e-9 {
		t.Errorf("%g %%, want %g", got, want)
	}
}

func TestWinner(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		logits, center []float32
		want           int
	}{
		{[]float32{1, 3, 2}, []float32{0, 0, 0}, 1},
		{[]float32{1, 3, 2}, []float32{0, 2.5, 0}, 2},
		{[]float32{2, 2, 1}, []float32{0, 0, 0}, 0},
		{[]float32{nan, 1, nan}, []float32{0, 0, 0}, 1},
		{[]float32{nan, nan}, []float32{0, 0}, -1},
	} {
		if got := winner(c.logits, c.center); got != c.want {
			t.Errorf("%v - %v: %d, want %d", c.logits, c.center, got, c.want)
		}
	}
}

// The whole way: views of the demo's images, a small network's features, its prototypes, which a center can rule out.
func TestViewsOfNetwork(t *testing.T) {
	d := device(t)
	src, _, err := augment.Demo()
	if err != nil {
		t.Fatal(err)
	}
	src = augment.Slice(src, 0, 24)
	v, err := OpenViews(t.Context(), src, 28, 3)
	if err != nil {
		t.Fatal(err)
	}
	c := settings.DefaultConfig()
	c.Dim, c.Depth, c.Heads, c.PatchSize, c.GlobalCropsSize = 24, 1, 2, 7, 28
	c.HeadHidden, c.HeadBottleneck, c.OutDim = 16, 8, 30
	weights, err := dino.FreshWeights(d, c)
	if err != nil {
		t.Fatal(err)
	}
	defer weights.Release()
	f, err := v.Features(t.Context(), d, d.Target(), dino.BackboneOf(c), weights)
	if err != nil {
		t.Fatal(err)
	}
	if f.Originals.Len() != 24 || f.Moved.Len() != 24 || f.Originals.Dim != 24 {
		t.Fatalf("%d and %d features of %d", f.Originals.Len(), f.Moved.Len(), f.Originals.Dim)
	}
	if top := f.ViewsTop1(); top <= f.ViewsChance() || top > 100 {
		t.Errorf("%g %% of the copies find their originals", top)
	}
	if r := RankMe(f.Originals); !(r >= 1 && r <= 24) {
		t.Errorf("the effective rank is %g", r)
	}
	head, err := dino.NewFrozenHead(d, d.Target(), c, weights)
	if err != nil {
		t.Fatal(err)
	}
	defer head.Release()
	n, err := PrototypesUsed(head, make([]float32, 30), f)
	if err != nil || n < 2 || n > 30 {
		t.Errorf("%d prototypes are used, %v", n, err)
	}
	center := make([]float32, 30)
	center[7] = -1e6 // logits are at most 1
	if n, err := PrototypesUsed(head, center, f); n != 1 || err != nil {
		t.Errorf("with one prototype that always wins, %d are used, %v", n, err)
	}
	if _, err := PrototypesUsed(head, center[:7], f); err == nil {
		t.Error("a center of another size was taken")
	}
}

func TestOpenViews(t *testing.T) {
	src, _, err := augment.Demo()
	if err != nil {
		t.Fatal(err)
	}
	a, err := OpenViews(t.Context(), src, 14, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Originals) != 512 || len(a.Moved) != 512 || len(a.Moved[0]) != 3*14*14 {
		t.Errorf("%d and %d views of %d bytes", len(a.Originals), len(a.Moved), len(a.Moved[0]))
	}
	b, err := OpenViews(t.Context(), src, 14, 3)
	if err != nil || string(a.Moved[99]) != string(b.Moved[99]) || string(a.Originals[99]) != string(b.Originals[99]) {
		t.Errorf("the same seed gives other views, %v", err)
	}
	other, err := OpenViews(t.Context(), src, 14, 4)
	if err != nil || string(a.Originals[99]) == string(other.Originals[99]) {
		t.Errorf("another seed gives the same views, %v", err)
	}
	bad := fakeSource{labels: make([]int, 5), bad: []int{0, 2}}
	v, err := OpenViews(t.Context(), bad, 4, 1)
	if err != nil || len(v.Originals) != 3 {
		t.Errorf("of 5 images, two damaged, there are %v views, %v", v, err)
	}
	bad.bad = []int{0, 1, 2, 3}
	if _, err := OpenViews(t.Context(), bad, 4, 1); err == nil {
		t.Error("one image was enough")
	}
}

func TestCountViews(t *testing.T) {
	for _, c := range []struct{ n, size, want int }{
		{10, 224, 10}, {100000, 28, 512}, {100000, 224, 512}, {100000, 512, 128}, {100000, 60000, 2},
	} {
		if got := CountViews(c.n, c.size); got != c.want {
			t.Errorf("%d images at %d pixels: %d views, want %d", c.n, c.size, got, c.want)
		}
	}
}

func TestDraw(t *testing.T) {
	for _, c := range []struct{ n, m int }{{10, 10}, {1000, 7}, {3, 0}} {
		got := draw(c.n, c.m, 11)
		if len(got) != c.m {
			t.Errorf("%d of %d: %v", c.m, c.n, got)
		}
		for i, k := range got {
			if k < 0 || k >= c.n || i > 0 && k <= got[i-1] {
				t.Errorf("%d of %d: %v", c.m, c.n, got)
			}
		}
	}
}
