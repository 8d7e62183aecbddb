package eval

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"sync"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// opened is the tests' adapter; none is a failure, never a skip.
var opened = sync.OnceValues(func() (*gpu.Device, error) { return gpu.Open(os.Getenv("DINOGPU_ADAPTER")) })

func device(t *testing.T) *gpu.Device {
	t.Helper()
	d, err := opened()
	if err != nil {
		t.Fatalf("the tests need a GPU or a software Vulkan driver: %v", err)
	}
	return d
}

// goldenFeatures reads features of the golden file with their labels.
func goldenFeatures(g *golden.File, name string) Features {
	return Features{Dim: g.Shape(name)[1], Values: g.Float32s(name), Labels: g.Ints(name + ".labels")}
}

// The numbers are PyTorch's, made by testdata/golden/make.py.
func TestKNNEqualsReference(t *testing.T) {
	g := golden.Open(t, "knn.safetensors")
	bank, queries := goldenFeatures(g, "train"), goldenFeatures(g, "test")
	ks, names := []int{1, 5, 10, 20}, []string{"1", "5", "10", "20"}
	results, neighbors, err := KNN(context.Background(), device(t), bank, queries, ks, 0.07, 7)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if want := g.Float64s("top1." + names[i])[0]; math.Abs(r.Top1-want) > 1e-9 {
			t.Errorf("k=%s: top-1 %g, reference %g", names[i], r.Top1, want)
		}
		// The file's five come from topk, which fills them up with classes that got no vote, in an order of
		// its own, and are five for k = 1 too. So the label may be among them by luck where fewer than five
		// classes were voted for.
		want, lucky := g.Float64s("top5." + names[i])[0], 0.0
		for q, near := range neighbors {
			votes := vote(near[:ks[i]], bank.Labels, 0.07, 7)
			if votes[queries.Labels[q]] == noVote && slices.Sorted(slices.Values(votes))[2] == noVote {
				lucky += 100 / float64(queries.Len())
			}
		}
		if want < r.Top5-1e-9 || want > r.Top5+lucky+1e-9 {
			t.Errorf("k=%s: top-5 %g, up to %g more by luck; reference %g", names[i], r.Top5, lucky, want)
		}
		for q, want := range g.Ints("pred." + names[i]) {
			if at, _ := place(vote(neighbors[q][:ks[i]], bank.Labels, 0.07, 7), want); at != 0 {
				t.Errorf("k=%s: query %d is not seen as %d, which comes after %d others", names[i], q, want, at)
			}
		}
	}
}

func noise(seed uint64, n, dim, classes int) Features {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	f := Features{Dim: dim, Values: make([]float32, n*dim), Labels: make([]int, n)}
	for i := range f.Values {
		f.Values[i] = float32(3 * r.NormFloat64())
	}
	for i := range f.Labels {
		f.Labels[i] = r.IntN(classes)
	}
	return f
}

// cosines are the similarities of a query with all of the bank, in float64.
func cosines(bank, queries Features, q int) []float64 {
	all := make([]float64, bank.Len())
	for i := range all {
		var dot, a, b float64
		for j := range bank.Dim {
			x, y := float64(bank.Values[i*bank.Dim+j]), float64(queries.Values[q*bank.Dim+j])
			dot, a, b = dot+x*y, a+x*x, b+y*y
		}
		all[i] = dot / math.Sqrt(a*b)
	}
	return all
}

// Banks of one chunk and of several, dimensions that are no multiple of 4, queries fewer than anything.
func TestKNNFindsTheNearest(t *testing.T) {
	for _, c := range []struct{ bank, queries, dim, k int }{{1, 1, 1, 1}, {50, 3, 7, 9}, {900, 5, 13, 1000}, {9000, 2, 6, 200}} {
		bank, queries := noise(1, c.bank, c.dim, 3), noise(2, c.queries, c.dim, 3)
		results, neighbors, err := KNN(context.Background(), device(t), bank, queries, []int{c.k, 1}, 0.07, 3)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		used := min(c.k, c.bank)
		if results[0].K != c.k || results[0].Used != used || results[1].Used != 1 {
			t.Errorf("%+v: %+v", c, results)
		}
		for q, near := range neighbors {
			all := cosines(bank, queries, q)
			best := append([]float64(nil), all...)
			sort.Sort(sort.Reverse(sort.Float64Slice(best)))
			if len(near) != used {
				t.Fatalf("%+v: %d neighbors", c, len(near))
			}
			seen := map[int]bool{}
			for j, n := range near {
				if math.Abs(n.Similarity-best[j]) > 1e-5 || math.Abs(n.Similarity-all[n.Index]) > 1e-5 || seen[n.Index] {
					t.Fatalf("%+v: query %d, neighbor %d is %+v, similarity should be %g and is %g", c, q, j, n, best[j], all[n.Index])
				}
				seen[n.Index] = true
			}
		}
	}
}

// Equal features come in the bank's order, across chunks too, and zeros are near nothing.
func TestKNNOfEqualFeatures(t *testing.T) {
	const n = 8300
	bank := Features{Dim: 4, Values: make([]float32, 4*n), Labels: make([]int, n)}
	for i := range n {
		bank.Values[4*i] = float32(i%2 + 1)
	}
	bank.Values[0], bank.Labels[1] = 0, 1
	queries := Features{Dim: 4, Values: []float32{5, 0, 0, 0}, Labels: []int{1}}
	results, neighbors, err := KNN(context.Background(), device(t), bank, queries, []int{3, 1}, 0.001, 12)
	if err != nil {
		t.Fatal(err)
	}
	for j, n := range neighbors[0] {
		if n.Index != j+1 {
			t.Errorf("neighbor %d is %d", j, n.Index)
		}
	}
	if results[0].Top1 != 0 || results[0].Top5 != 100 || results[1].Top1 != 100 || results[1].Top5 != 100 {
		t.Errorf("%+v", results)
	}
}

func TestKNNRefuses(t *testing.T) {
	d, ctx := device(t), context.Background()
	bank, queries := noise(1, 9, 4, 3), noise(2, 2, 4, 3)
	nan := noise(3, 2, 4, 3)
	nan.Values[5] = float32(math.NaN())
	short := noise(3, 2, 4, 3)
	short.Labels = short.Labels[:1]
	for name, run := range map[string]func() error{
		"other dim":   func() error { _, _, err := KNN(ctx, d, bank, noise(2, 2, 5, 3), []int{1}, 0.07, 3); return err },
		"no k":        func() error { _, _, err := KNN(ctx, d, bank, queries, nil, 0.07, 3); return err },
		"k of 0":      func() error { _, _, err := KNN(ctx, d, bank, queries, []int{0}, 0.07, 3); return err },
		"temperature": func() error { _, _, err := KNN(ctx, d, bank, queries, []int{1}, 0, 3); return err },
		"classes":     func() error { _, _, err := KNN(ctx, d, bank, queries, []int{1}, 0.07, 2); return err },
		"nothing":     func() error { _, _, err := KNN(ctx, d, bank, Features{Dim: 4}, []int{1}, 0.07, 3); return err },
		"labels":      func() error { _, _, err := KNN(ctx, d, bank, short, []int{1}, 0.07, 3); return err },
		"not finite":  func() error { _, _, err := KNN(ctx, d, bank, nan, []int{1}, 0.07, 3); return err },
		"alone":       func() error { _, _, err := LeaveOneOut(ctx, d, noise(1, 1, 4, 3), []int{1}, 0.07, 3); return err },
		"no class": func() error {
			unknown := noise(2, 2, 4, 3)
			unknown.Labels[1] = NoClass
			_, _, err := LeaveOneOut(ctx, d, unknown, []int{1}, 0.07, 3)
			return err
		},
		"too many of others": func() error {
			_, _, err := LeaveOneOut(ctx, d, noise(1, MaxLeaveOneOut+2, 4, 3), []int{MaxLeaveOneOut + 1}, 0.07, 3)
			return err
		},
	} {
		if run() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, _, err := KNN(stopped, d, bank, queries, []int{1}, 0.07, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled search returned %v", err)
	}
}
