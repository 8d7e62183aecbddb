package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/dinogpu/dinogpu/gpu"
)

// A LowShot is a vote of few images of each class, drawn anew some times.
type LowShot struct {
	Shots    int     // images of each class that vote, fewer where it has fewer; 0: by Fraction
	Fraction float64 // share of each class's images that votes, rounded, at least one image
	Repeats  int     // draws
	Seed     uint64  // of the draws
}

// A Spread is what a number of neighbors came to over all draws, in percent. The deviations are those of a sample (by
// Repeats - 1), NaN of one draw.
type Spread struct {
	K, Used          int // as in Result; Used of the draw with the fewest
	Top1, Top5       float64
	Top1Dev, Top5Dev float64
	Voters, Queries  int // images that voted and that were asked, of the first draw
}

// LowShot repeats the vote of one network with few images of the bank. In leave-one-out these vote on all others.
func (v Vote) LowShot(ctx context.Context, d *gpu.Device, q EmbeddedQuestion, few LowShot) ([]Spread, error) {
	if few.Repeats < 1 || few.Shots < 1 && !(few.Fraction > 0 && few.Fraction <= 1) {
		return nil, fmt.Errorf("low-shot k-NN with %d shots or a fraction of %g, %d times: give one of them, and 1 repeat or more", few.Shots, few.Fraction, few.Repeats)
	}
	draws := make([][]Result, few.Repeats)
	spreads := make([]Spread, len(v.Ks))
	seeds := rand.New(rand.NewPCG(few.Seed, 0))
	classes := len(v.Question.Classes)
	for n := range draws {
		chosen := drawByClass(q.Bank.Labels, seeds.Uint64(), few.count)
		bank, asked := q.Bank.pick(chosen), q.Queries
		if v.Question.LeaveOneOut {
			if len(chosen) == q.Bank.Len() {
				return nil, fmt.Errorf("all %d images vote, and none is left to ask about: ask for fewer of each class", len(chosen))
			}
			asked = q.Bank.pick(others(q.Bank.Len(), chosen))
		}
		results, _, err := KNN(ctx, d, bank, asked, v.Ks, v.Temperature, classes)
		if err != nil {
			return nil, err
		}
		draws[n] = results
		for i, r := range results {
			if s := &spreads[i]; n == 0 {
				*s = Spread{K: r.K, Used: r.Used, Voters: bank.Len(), Queries: asked.Len()}
			} else {
				s.Used = min(s.Used, r.Used)
			}
		}
	}
	for i := range spreads {
		s := &spreads[i]
		s.Top1, s.Top1Dev = spread(draws, func(all []Result) float64 { return all[i].Top1 })
		s.Top5, s.Top5Dev = spread(draws, func(all []Result) float64 { return all[i].Top5 })
	}
	return spreads, nil
}

// count is how many of n images of a class vote.
func (few LowShot) count(n int) int {
	if few.Shots > 0 {
		return few.Shots
	}
	return max(1, rounded(n, few.Fraction))
}

// spread is mean and deviation over the draws.
func spread(draws [][]Result, of func([]Result) float64) (mean, dev float64) {
	for _, r := range draws {
		mean += of(r) / float64(len(draws))
	}
	for _, r := range draws {
		dev += (of(r) - mean) * (of(r) - mean)
	}
	return mean, math.Sqrt(dev / float64(len(draws)-1))
}

// others are the numbers below n that are not among some, which are in order.
func others(n int, some []int) (rest []int) {
	for i := range n {
		if len(some) > 0 && some[0] == i {
			some = some[1:]
			continue
		}
		rest = append(rest, i)
	}
	return rest
}

// pick copies some of the vectors.
func (f Features) pick(places []int) Features {
	out := Features{Dim: f.Dim, Values: make([]float32, 0, len(places)*f.Dim)}
	for _, i := range places {
		out.Values = append(out.Values, f.Values[i*f.Dim:(i+1)*f.Dim]...)
		out.Labels = append(out.Labels, f.Labels[i])
		if len(f.Names) > 0 {
			out.Names = append(out.Names, f.Names[i])
		}
	}
	return out
}
