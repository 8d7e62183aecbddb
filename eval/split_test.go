package eval

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSplitByClass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.SliceOf(rapid.IntRange(0, 6)).Draw(t, "labels")
		fraction := rapid.Float64Range(0, 1).Draw(t, "fraction")
		train, val := SplitByClass(labels, fraction, 3)
		both := slices.Concat(train, val)
		slices.Sort(both)
		for i, n := range both {
			if n != i {
				t.Fatalf("%v and %v are not each of %d images once", train, val, len(labels))
			}
		}
		if len(both) != len(labels) || !slices.IsSorted(train) || !slices.IsSorted(val) {
			t.Fatalf("%v and %v of %d images", train, val, len(labels))
		}
		var n, asked [7]int
		for _, label := range labels {
			n[label]++
		}
		for _, i := range val {
			asked[labels[i]]++
		}
		for class := range n {
			off := float64(asked[class]) - fraction*float64(n[class])
			switch {
			case n[class] < 2 && asked[class] != 0,
				n[class] >= 2 && (asked[class] < 1 || asked[class] >= n[class]),
				asked[class] > 1 && asked[class] < n[class]-1 && (off < -0.5-1e-9 || off > 0.5+1e-9):
				t.Fatalf("class %d: %d of %d are asked, for a fraction of %g", class, asked[class], n[class], fraction)
			}
		}
	})
}

// The same seed gives the same split, another another; images of other classes change nothing of a class's.
func TestSplitByClassIsSeeded(t *testing.T) {
	labels := make([]int, 40)
	_, val := SplitByClass(labels, 0.25, 7)
	if len(val) != 10 {
		t.Fatalf("%d images are asked, want 10", len(val))
	}
	_, again := SplitByClass(labels, 0.25, 7)
	if diff := cmp.Diff(val, again); diff != "" {
		t.Error(diff)
	}
	if _, other := SplitByClass(labels, 0.25, 8); slices.Equal(val, other) {
		t.Error("another seed gives the same split")
	}
	_, more := SplitByClass(append(slices.Clone(labels), 1, 1, 2, 2), 0.25, 7)
	if diff := cmp.Diff(val, more[:10]); diff != "" {
		t.Error(diff)
	}
}
