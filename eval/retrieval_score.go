package eval

import (
	"cmp"
	"math"
	"slices"
)

// RetrievalLevels are the three ways to count: easy has the easy images as right and leaves the hard ones out, medium has
// both as right, hard has the hard ones as right and leaves the easy ones out. Junk is always left out.
var RetrievalLevels = [3]string{"easy", "medium", "hard"}

// RetrievalDepths are the numbers of images that precision is taken of.
var RetrievalDepths = [3]int{1, 5, 10}

// A RankScore is how well a ranking has what is right in front, from 0 to 1. NaN where nothing is.
type RankScore struct {
	AP        float64
	Precision [3]float64 // among the first 1, 5 and 10
}

var noScore = RankScore{math.NaN(), [3]float64{math.NaN(), math.NaN(), math.NaN()}}

// A QueryScore is a query's at each of RetrievalLevels.
type QueryScore [3]RankScore

// ranking is the order of images by falling similarity; equal ones stay in their own order.
func ranking(similarities []float32) []int {
	order := make([]int, len(similarities))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(similarities[b], similarities[a]) })
	return order
}

// scoreQuery scores a ranking of the database at each level.
func scoreQuery(order []int, r Relevance) QueryScore {
	var s QueryScore
	for level, lists := range [3]struct{ right, aside [][]int }{
		{[][]int{r.Easy}, [][]int{r.Junk, r.Hard}},
		{[][]int{r.Easy, r.Hard}, [][]int{r.Junk}},
		{[][]int{r.Hard}, [][]int{r.Junk, r.Easy}},
	} {
		s[level] = scoreRanking(order, slices.Concat(lists.right...), slices.Concat(lists.aside...))
	}
	return s
}

// scoreRanking takes images aside out of a ranking, and scores where it has those that are right: AP is the area below
// precision over recall, by trapezoids, and precision among the first k is of those up to the last right one.
func scoreRanking(order, right, aside []int) RankScore {
	if len(right) == 0 {
		return noScore
	}
	const isRight, isAside = 1, 2
	kind := make([]uint8, len(order))
	for _, i := range right {
		kind[i] = isRight
	}
	for _, i := range aside {
		kind[i] = isAside
	}
	var places []int // of the right ones, from 0
	place := 0
	for _, i := range order {
		if kind[i] == isRight {
			places = append(places, place)
		}
		if kind[i] != isAside {
			place++
		}
	}
	s := RankScore{AP: trapezoidAP(places, len(right))}
	last := places[len(places)-1] + 1
	for d, depth := range RetrievalDepths {
		k := min(last, depth)
		found := 0
		for _, p := range places {
			if p < k {
				found++
			}
		}
		s.Precision[d] = float64(found) / float64(k)
	}
	return s
}

// trapezoidAP is the average precision of a ranking that has right ones at these places, from 0 and rising, of so many
// that there are: between two of them precision goes straight from what it is before the second to what it is with it.
func trapezoidAP(places []int, of int) float64 {
	var sum float64
	for found, place := range places {
		before := 1.0
		if place > 0 {
			before = float64(found) / float64(place)
		}
		sum += (before + float64(found+1)/float64(place+1)) / 2
	}
	return sum / float64(of)
}

// meanScores are the means over queries with anything right, and how many those are; NaN of none.
func meanScores(queries []QueryScore) (mean [3]RankScore, used [3]int) {
	for level := range mean {
		var sum RankScore
		for _, q := range queries {
			if math.IsNaN(q[level].AP) {
				continue
			}
			used[level]++
			sum.AP += q[level].AP
			for d, p := range q[level].Precision {
				sum.Precision[d] += p
			}
		}
		n := float64(used[level]) // 0/0 is NaN
		mean[level].AP = sum.AP / n
		for d, p := range sum.Precision {
			mean[level].Precision[d] = p / n
		}
	}
	return mean, used
}
