package eval

import (
	"context"
	"math"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// What is said of each query is what PyTorch's reference says, for the k that is best; the classes' accuracies make the whole.
func TestAnswersEqualReference(t *testing.T) {
	g := golden.Open(t, "knn.safetensors")
	q := EmbeddedQuestion{Bank: goldenFeatures(g, "train"), Queries: goldenFeatures(g, "test")}
	names := map[int]string{1: "1", 5: "5", 10: "10", 20: "20"}
	v := Vote{Question: Question{Classes: make([]string, 7)}, Ks: []int{1, 5, 10, 20}, Temperature: 0.07}
	a, err := v.Answers(context.Background(), device(t), q)
	if err != nil {
		t.Fatal(err)
	}
	var best Result
	for _, r := range a.Results {
		if r.Top1 > best.Top1 {
			best = r
		}
	}
	if a.K != best.K {
		t.Fatalf("answers are of k %d, and the best is %+v", a.K, best)
	}
	for i, want := range g.Ints("pred." + names[a.K]) {
		if got := a.Queries[i]; got.Predicted != want || got.Class != q.Queries.Labels[i] {
			t.Errorf("query %d: %+v, the reference predicts %d", i, got, want)
		}
		near, _ := brute(q.Bank, q.Queries, i, 1, -1)
		if got := a.Queries[i]; got.Nearest != q.Bank.name(near[0]) || got.NearestClass != q.Bank.Labels[near[0]] || math.Abs(got.Cosine-cosines(q.Bank, q.Queries, i)[near[0]]) > 1e-5 {
			t.Errorf("query %d: the nearest is %+v, in float64 image %d", i, got, near[0])
		}
	}
	asked, right := 0, 0.0
	for _, c := range a.Classes {
		if c.Queries > 0 {
			asked, right = asked+c.Queries, right+c.Top1/100*float64(c.Queries)
		}
	}
	if asked != q.Queries.Len() || math.Abs(100*right/float64(asked)-best.Top1) > 1e-9 {
		t.Errorf("by class %g of %d are right, in all %g %%", right, asked, best.Top1)
	}
}

// A class that nothing asks about has no accuracy, and a query of no class of the bank is of none's.
func TestAnswersOfAbsentClasses(t *testing.T) {
	bank := Features{Dim: 2, Values: []float32{1, 0, 0, 1}, Labels: []int{0, 1}, Names: []string{"a", "b"}}
	queries := Features{Dim: 2, Values: []float32{1, 0.1, 0.2, 1}, Labels: []int{0, NoClass}, Names: []string{"c", "d"}}
	v := Vote{Question: Question{Classes: []string{"x", "y"}}, Ks: []int{1}, Temperature: Temperature}
	a, err := v.Answers(context.Background(), device(t), EmbeddedQuestion{bank, queries})
	if err != nil {
		t.Fatal(err)
	}
	if a.Classes[0] != (ClassResult{1, 100}) || !math.IsNaN(a.Classes[1].Top1) || a.Results[0].Top1 != 50 {
		t.Errorf("%+v", a)
	}
	if d := a.Queries[1]; d.Name != "d" || d.Class != NoClass || d.Nearest != "b" || d.Predicted != 1 {
		t.Errorf("%+v", d)
	}
}
