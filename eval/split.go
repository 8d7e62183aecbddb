package eval

import (
	"errors"
	"maps"
	"math"
	"slices"

	"github.com/dinogpu/dinogpu/augment"
)

// SplitByClass divides labeled images into those that teach and those that are asked about: the places in labels of either,
// in order. Of each class a share of fraction, from 0 to 1, goes to val: rounded, at least one and never all, so that a
// class of one image stays in train. The seed draws which; a class's draw does not depend on the others.
func SplitByClass(labels []int, fraction float64, seed uint64) (train, val []int) {
	val = drawByClass(labels, seed, func(n int) int {
		return min(max(1, rounded(n, fraction)), n-1)
	})
	return others(len(labels), val), val
}

// rounded is the whole number nearest to a fraction of n.
func rounded(n int, fraction float64) int { return int(math.Round(fraction * float64(n))) }

// drawByClass draws as many of each class as count says of its number of images, at most all: their places in labels, in
// order.
func drawByClass(labels []int, seed uint64, count func(n int) int) []int {
	of := map[int][]int{}
	for i, label := range labels {
		of[label] = append(of[label], i)
	}
	var drawn []int
	for _, label := range slices.Sorted(maps.Keys(of)) {
		places := of[label]
		n := min(count(len(places)), len(places))
		for _, at := range augment.PartOrder(seed, label, len(places))[:n] {
			drawn = append(drawn, places[at])
		}
	}
	slices.Sort(drawn)
	return drawn
}

// Split is a leave-one-out question with part of its images asked of the others instead: of each class a share of fraction
// (see SplitByClass). Both parts are of one source.
func (q Question) Split(fraction float64, seed uint64) (Question, error) {
	train, val := SplitByClass(q.Bank.Labels, fraction, seed)
	if len(val) == 0 {
		return q, errors.New("no class has two images, so that none can be split into images that vote and images to classify")
	}
	all := q.Bank
	q.Bank, q.Queries, q.LeaveOneOut = all.pick(train), all.pick(val), false
	return q, nil
}

func (m Images) pick(places []int) Images {
	which, labels := make([]int, len(places)), make([]int, len(places))
	for n, i := range places {
		which[n], labels[n] = m.Which[i], m.Labels[i]
	}
	m.Which, m.Labels = which, labels
	return m
}
