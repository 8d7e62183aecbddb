package eval

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"testing"
)

// brute is the vote in float64: the k nearest of the bank but without, the classes that they name, best first.
func brute(bank, queries Features, q, k, without int) (near, classes []int) {
	all := cosines(bank, queries, q)
	for i := range all {
		if i != without {
			near = append(near, i)
		}
	}
	slices.SortStableFunc(near, func(a, b int) int { return cmp.Compare(all[b], all[a]) })
	near = near[:min(k, len(near))]
	votes := map[int]float64{}
	for _, i := range near {
		votes[bank.Labels[i]] += math.Exp(all[i] / Temperature)
	}
	classes = slices.SortedFunc(maps.Keys(votes), func(a, b int) int {
		return cmp.Or(cmp.Compare(votes[b], votes[a]), cmp.Compare(a, b))
	})
	return near, classes
}

// bruteResult is the accuracy over all queries; without says which of the bank may not vote on one.
func bruteResult(bank, queries Features, k int, without func(q int) int) Result {
	r := Result{K: k}
	for q, label := range queries.Labels {
		near, classes := brute(bank, queries, q, k, without(q))
		r.Used = len(near)
		at := slices.Index(classes, label)
		if at == 0 {
			r.Top1++
		}
		if at >= 0 && at < 5 {
			r.Top5++
		}
	}
	r.Top1, r.Top5 = 100*r.Top1/float64(len(queries.Labels)), 100*r.Top5/float64(len(queries.Labels))
	return r
}

func nobody(int) int { return -1 }

func sameResults(t *testing.T, what string, got, want []Result) {
	t.Helper()
	for i, w := range want {
		if g := got[i]; g.K != w.K || g.Used != w.Used || math.Abs(g.Top1-w.Top1) > 1e-9 || math.Abs(g.Top5-w.Top5) > 1e-9 {
			t.Errorf("%s: %+v, in float64 %+v", what, g, w)
		}
	}
}

// Few classes and many; a k for which fewer than five classes get a vote.
func TestKNNEqualsFloat64(t *testing.T) {
	for _, classes := range []int{2, 7, 40} {
		bank, queries := noise(5, 90, 6, classes), noise(6, 70, 6, classes)
		ks := []int{1, 3, 5, 20, 200}
		got, _, err := KNN(context.Background(), device(t), bank, queries, ks, Temperature, classes)
		if err != nil {
			t.Fatal(err)
		}
		var want []Result
		for _, k := range ks {
			want = append(want, bruteResult(bank, queries, k, nobody))
		}
		sameResults(t, "k-NN", got, want)
		if classes == 7 && (want[0].Top5 != want[0].Top1 || want[2].Top5 >= 100) {
			t.Errorf("%+v cannot tell whether classes without a vote count", want)
		}
	}
}

// Two images, fewer than k, and more than one chunk of queries.
func TestLeaveOneOutEqualsFloat64(t *testing.T) {
	for n, ks := range map[int][]int{2: {1, 5}, 12: {1, 5, 20}, 90: {1, 5, 20}, 2050: {5}} {
		all := noise(7, n, 5, 7)
		got, neighbors, err := LeaveOneOut(context.Background(), device(t), all, ks, Temperature, 7)
		if err != nil {
			t.Fatal(err)
		}
		var want []Result
		for _, k := range ks {
			want = append(want, bruteResult(all, all, k, func(q int) int { return q }))
		}
		sameResults(t, "leave-one-out", got, want)
		for q, near := range neighbors {
			if len(near) != min(slices.Max(ks), n-1) || slices.ContainsFunc(near, func(x Neighbor) bool { return x.Index == q }) {
				t.Fatalf("%d images: %d has the neighbors %v", n, q, near)
			}
		}
	}
}

// Copies of an image vote on it, the image itself does not, also where more of them are equal than the list is long.
func TestLeaveOneOutOfCopies(t *testing.T) {
	const n = 12
	all := Features{Dim: 4, Values: make([]float32, 4*n), Labels: make([]int, n)}
	for i := range n {
		all.Values[4*i] = 3
		all.Labels[i] = i % 2
	}
	got, neighbors, err := LeaveOneOut(context.Background(), device(t), all, []int{1, 3}, Temperature, 2)
	if err != nil {
		t.Fatal(err)
	}
	for q, near := range neighbors {
		var want []int
		for i := 0; len(want) < 3; i++ {
			if i != q {
				want = append(want, i)
			}
		}
		for j, x := range near {
			if x.Index != want[j] {
				t.Errorf("image %d: neighbor %d is %d, want %d", q, j, x.Index, want[j])
			}
		}
	}
	// k = 1: image 0 is told by image 1, the others by image 0; k = 3: by two of images 0 to 3
	sameResults(t, "copies", got, []Result{{K: 1, Used: 1, Top1: 100 * 5. / n, Top5: 100 * 5. / n}, {K: 3, Used: 3, Top1: 100 * 4. / n, Top5: 100}})
}
