package augment

import (
	"math"
	"slices"
	"testing"
)

// These words must never change: every stored run resumes from them.
func TestRandPinned(t *testing.T) {
	r := NewRand(Key{Seed: 1, Epoch: 2, Image: 3, View: 4})
	got := []uint64{r.pcg.Uint64(), r.pcg.Uint64()}
	if want := []uint64{0xdd2633f8ae78d5d6, 0x961e7f6d5abd1c5}; !slices.Equal(got, want) {
		t.Errorf("the stream of (1,2,3,4) starts with %#x, want %#x", got, want)
	}
}

// Neighbouring keys, and keys with fields exchanged, start differently.
func TestRandKeysDiffer(t *testing.T) {
	seen := map[float64]Key{}
	for seed := range uint64(8) {
		for epoch := range 8 {
			for image := range 64 {
				for view := -3; view < 10; view++ {
					k := Key{seed, epoch, image, view}
					f := NewRand(k).Float()
					if other, ok := seen[f]; ok {
						t.Fatalf("%+v and %+v start alike", k, other)
					}
					seen[f] = k
				}
			}
		}
	}
}

// The first number of many neighbouring streams is as uniform as the numbers
// of one stream: correlation between neighbours would show in the mean or in
// the product of pairs.
func TestRandUniformAcrossKeys(t *testing.T) {
	const n = 200000
	var mean, pairs float64
	last := NewRand(Key{Image: -1}).Float()
	for i := range n {
		f := NewRand(Key{Image: i}).Float()
		mean += f / n
		pairs += (f - 0.5) * (last - 0.5) / n
		last = f
	}
	// Standard errors: 0.289/sqrt(n) = 0.00065; (1/12)/sqrt(n) = 0.00019.
	if math.Abs(mean-0.5) > 0.003 || math.Abs(pairs) > 0.0008 {
		t.Errorf("mean %.5f, want 0.5; covariance of neighbours %.6f, want 0", mean, pairs)
	}
}

func TestPerm(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		p := NewRand(Key{Seed: 9}).Perm(n)
		s := slices.Sorted(slices.Values(p))
		for i := range s {
			if s[i] != i {
				t.Fatalf("Perm(%d) is no permutation", n)
			}
		}
	}
	// Every order of three comes up about equally often (sd of a count: 29).
	count := map[[3]int]int{}
	for i := range 6000 {
		count[[3]int(NewRand(Key{Image: i}).Perm(3))]++
	}
	for p, c := range count {
		if c < 850 || c > 1150 || len(count) != 6 {
			t.Errorf("order %v came %d times of 6000, %d orders in all", p, c, len(count))
		}
	}
}
