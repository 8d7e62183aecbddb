package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// Mean and deviation are those of votes held one by one in float64, on the images that each draw takes.
func TestLowShotEqualsFloat64(t *testing.T) {
	const classes = 7
	bank, queries := noise(5, 90, 6, classes), noise(6, 70, 6, classes)
	for name, c := range map[string]struct {
		few    LowShot
		alone  bool // leave-one-out
		voters func(of []int) int
	}{
		"shots":    {few: LowShot{Shots: 3, Repeats: 4, Seed: 9}, voters: func(of []int) int { return 3 * len(of) }},
		"fraction": {few: LowShot{Fraction: 0.1, Repeats: 3, Seed: 9}, voters: tenth},
		"least":    {few: LowShot{Fraction: 1e-9, Repeats: 4, Seed: 9}, voters: func(of []int) int { return len(of) }},
		"alone":    {few: LowShot{Shots: 2, Repeats: 3, Seed: 9}, alone: true, voters: func(of []int) int { return 2 * len(of) }},
	} {
		q := EmbeddedQuestion{Bank: bank, Queries: queries}
		if c.alone {
			q.Queries = Features{}
		}
		v := Vote{Question: Question{Classes: make([]string, classes), LeaveOneOut: c.alone}, Ks: []int{1, 5, 20}, Temperature: Temperature}
		got, err := v.LowShot(context.Background(), device(t), q, c.few)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		of := make([]int, classes)
		for _, label := range bank.Labels {
			of[label]++
		}
		seeds := rand.New(rand.NewPCG(c.few.Seed, 0))
		var top1 [3][]float64
		for range c.few.Repeats {
			chosen := drawByClass(bank.Labels, seeds.Uint64(), c.few.count)
			votes, asked := make([]bool, bank.Len()), queries
			for _, i := range chosen {
				votes[i] = true
			}
			if want := c.voters(of); len(chosen) != want {
				t.Fatalf("%s: %d vote, want %d", name, len(chosen), want)
			}
			known := bank.pick(chosen)
			if c.alone {
				var rest []int
				for i, voted := range votes {
					if !voted {
						rest = append(rest, i)
					}
				}
				asked = bank.pick(rest)
			}
			for i, k := range v.Ks {
				top1[i] = append(top1[i], bruteResult(known, asked, k, nobody).Top1)
			}
		}
		for i, s := range got {
			mean, dev := 0.0, 0.0
			for _, x := range top1[i] {
				mean += x / float64(len(top1[i]))
			}
			for _, x := range top1[i] {
				dev += (x - mean) * (x - mean) / float64(len(top1[i])-1)
			}
			if math.Abs(s.Top1-mean) > 1e-9 || math.Abs(s.Top1Dev-math.Sqrt(dev)) > 1e-9 || s.Top5 < s.Top1 {
				t.Errorf("%s: %+v, in float64 %g and %g", name, s, mean, math.Sqrt(dev))
			}
		}
		if i := 0; got[i].Top1Dev == 0 {
			t.Errorf("%s: every draw gives the same, which tells nothing", name)
		}
	}
}

// tenth of each class, rounded, and at least one.
func tenth(of []int) (all int) {
	for _, n := range of {
		all += max(1, int(math.Round(0.1*float64(n))))
	}
	return all
}

func TestLowShotRefuses(t *testing.T) {
	alone := EmbeddedQuestion{Bank: noise(5, 20, 6, 2)}
	v := Vote{Question: Question{Classes: make([]string, 2), LeaveOneOut: true}, Ks: []int{1}, Temperature: Temperature}
	for want, few := range map[string]LowShot{
		"all 20 images vote":    {Shots: 20, Repeats: 1},
		"give one of them":      {Repeats: 1},
		"a fraction of 2":       {Fraction: 2, Repeats: 1},
		"3 shots or a fraction": {Shots: 3},
	} {
		if _, err := v.LowShot(context.Background(), device(t), alone, few); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", few, err, want)
		}
	}
	one, err := v.LowShot(context.Background(), device(t), alone, LowShot{Shots: 2, Repeats: 1})
	if err != nil || !math.IsNaN(one[0].Top1Dev) || one[0].Voters != 4 || one[0].Queries != 16 {
		t.Errorf("one draw: %+v, %v", one, err)
	}
}
