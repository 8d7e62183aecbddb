package report

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestSeriesKeepsFewPointsOfManySteps(t *testing.T) {
	var s series
	const n = 123_457
	sum := 0.0
	for step := 1; step <= n; step++ {
		v := math.Sin(float64(step) / 1000)
		if step == 70_001 {
			v = 9
		}
		sum += v
		s.add(step, v)
	}
	if got := len(s.buckets); got > mostBuckets || got < mostBuckets/2-1 {
		t.Errorf("%d buckets", got)
	}
	least, greatest, ok := s.extremes()
	if !ok || greatest != (point{70_001, 9}) || least.Value < -1 {
		t.Errorf("extremes %v, %v", least, greatest)
	}
	if got := s.mean(1, n); math.Abs(got-sum/n) > 1e-9 {
		t.Errorf("mean %v, want %v", got, sum/n)
	}
	if s.last != (point{n, math.Sin(n / 1000.0)}) {
		t.Errorf("last %v", s.last)
	}
	b := s.buckets[3]
	if b.n != s.width || b.first%s.width != 0 || b.last != b.first+s.width-1 {
		t.Errorf("bucket %+v of width %d", b, s.width)
	}
}

// A run that went on from before what is there takes that back.
func TestSeriesRewinds(t *testing.T) {
	var s series
	for step := 1; step <= 20; step++ {
		s.add(step, 1)
	}
	s.add(11, 2)
	s.add(12, math.NaN())
	if len(s.buckets) != 12 || s.last != (point{11, 2}) || s.buckets[9].mean() != 1 || s.buckets[11].n != 0 {
		t.Errorf("%d buckets, last %v", len(s.buckets), s.last)
	}
	if got := s.mean(1, 20); got != 12.0/11 {
		t.Errorf("mean %v", got)
	}
	s.add(1, 5)
	if len(s.buckets) != 1 || s.last != (point{1, 5}) {
		t.Errorf("from the beginning: %+v", s)
	}
}

func TestSeriesOfAnything(t *testing.T) {
	value := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), math.Inf(-1), 1e308, -1e99, 5e-324}))
	rapid.Check(t, func(t *rapid.T) {
		var s series
		at := 0
		for range rapid.IntRange(1, 3000).Draw(t, "lines") {
			at = max(at+rapid.IntRange(-3, 9).Draw(t, "further"), 0)
			s.add(at, value.Draw(t, "value"))
		}
		if len(s.buckets) > mostBuckets || s.buckets[len(s.buckets)-1].last != at {
			t.Fatalf("%d buckets to %d, not to %d", len(s.buckets), s.buckets[len(s.buckets)-1].last, at)
		}
		for i, b := range s.buckets {
			if b.first > b.last || i > 0 && b.first <= s.buckets[i-1].last {
				t.Fatalf("bucket %d is %+v", i, b)
			}
		}
		if s.last.Step == 0 {
			return
		}
		for _, c := range []curve{{key: "x"}, {key: "x", log: true, points: true}} {
			if _, err := svg(c, []line{{series: &s}}, []mark{{1, "one"}}, at, true); err != nil {
				t.Fatal(err)
			}
		}
	})
}
