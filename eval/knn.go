package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// Result is the accuracy of the vote among the K nearest, in percent.
type Result struct {
	K    int // as asked for
	Used int // the neighbors that voted: fewer than K if the bank has fewer
	Top1 float64
	// Top5 counts the queries whose class got a vote and is among the five classes with the most; of equal ones the first
	// in the order of the classes. The reference fills the five up with classes that got no vote, in no certain order.
	Top5 float64
}

// Neighbor is one of the bank's features near a query.
type Neighbor struct {
	Index      int
	Similarity float64 // cosine
}

// Temperature is the reference's temperature for the weights of votes.
const Temperature = 0.07

// NoClass is the label of a query whose class is not in the bank: no vote can be right.
const NoClass = -1

// KNN classifies each query by a vote of its k nearest in the bank by cosine, each with the weight
// exp(similarity / temperature), for every k in ks. It returns the accuracies and each query's neighbors for the largest
// k, nearest first, equal ones in the bank's order. As eval_knn of the reference DINO, for any number of classes and
// queries; only Top5 differs where fewer than five classes got a vote.
func KNN(ctx context.Context, d *gpu.Device, bank, queries Features, ks []int, temperature float64, classes int) ([]Result, [][]Neighbor, error) {
	if err := bank.check("the bank", 0, classes); err != nil {
		return nil, nil, err
	}
	if err := queries.check("the queries", NoClass, classes); err != nil {
		return nil, nil, err
	}
	if bank.Dim != queries.Dim {
		return nil, nil, fmt.Errorf("the bank's features have %d values, the queries' %d", bank.Dim, queries.Dim)
	}
	if err := checkVote(ks, temperature, bank.Len(), layers.MaxTopK); err != nil {
		return nil, nil, err
	}
	neighbors, err := nearest(ctx, d, bank, queries, min(slices.Max(ks), bank.Len()))
	if err != nil {
		return nil, nil, err
	}
	return score(neighbors, bank.Labels, queries.Labels, ks, temperature, classes), neighbors, nil
}

// MaxLeaveOneOut is the largest k of LeaveOneOut, which looks for one neighbor more: the image itself.
const MaxLeaveOneOut = layers.MaxTopK - 1

// LeaveOneOut is KNN of features among themselves: each is classified by a vote of its k nearest of all the others. Only
// the feature itself does not vote; another that equals it, of a copy of the image, does.
func LeaveOneOut(ctx context.Context, d *gpu.Device, all Features, ks []int, temperature float64, classes int) ([]Result, [][]Neighbor, error) {
	if err := all.check("the images", 0, classes); err != nil {
		return nil, nil, err
	}
	if all.Len() < 2 {
		return nil, nil, errors.New("k-NN of one image among themselves: there is no other that could vote")
	}
	if err := checkVote(ks, temperature, all.Len()-1, MaxLeaveOneOut); err != nil {
		return nil, nil, err
	}
	k := min(slices.Max(ks), all.Len()-1)
	neighbors, err := nearest(ctx, d, all, all, k+1)
	if err != nil {
		return nil, nil, err
	}
	for q, near := range neighbors {
		// where enough others equal it, it need not be in its own list
		near = slices.DeleteFunc(near, func(n Neighbor) bool { return n.Index == q })
		neighbors[q] = near[:k]
	}
	return score(neighbors, all.Labels, all.Labels, ks, temperature, classes), neighbors, nil
}

// checkVote refuses what makes no vote; others is the number of images that can vote on one, most the largest k of them.
func checkVote(ks []int, temperature float64, others, most int) error {
	switch {
	case len(ks) == 0 || slices.Min(ks) < 1:
		return fmt.Errorf("k-NN with k %v: give one k or more, each at least 1", ks)
	case !(temperature > 0):
		return fmt.Errorf("k-NN with temperature %g: it must be above 0", temperature)
	case min(slices.Max(ks), others) > most:
		return fmt.Errorf("k-NN with k %d: at most %d is possible", slices.Max(ks), most)
	}
	return nil
}

// score is the accuracy for each k, by each query's neighbors, as many as there are or the largest k.
func score(neighbors [][]Neighbor, bank, queries, ks []int, temperature float64, classes int) []Result {
	results := make([]Result, len(ks))
	for i, k := range ks {
		r := Result{K: k, Used: min(k, len(neighbors[0]))}
		for q, near := range neighbors {
			if queries[q] == NoClass {
				continue
			}
			at, voted := place(vote(near[:r.Used], bank, temperature, classes), queries[q])
			if voted && at == 0 {
				r.Top1++
			}
			if voted && at < 5 {
				r.Top5++
			}
		}
		n := float64(len(queries))
		r.Top1, r.Top5 = 100*r.Top1/n, 100*r.Top5/n
		results[i] = r
	}
	return results
}

// noVote is what vote gives a class without a vote; a vote's weight may be 0, as one far below the largest.
const noVote = -1

// vote adds up each class's weights. The largest similarity is taken off first, which changes no order and allows
// any temperature above 0.
func vote(near []Neighbor, labels []int, temperature float64, classes int) []float64 {
	votes := slices.Repeat([]float64{noVote}, classes)
	for _, n := range near {
		label := labels[n.Index]
		votes[label] = max(votes[label], 0) + math.Exp((n.Similarity-near[0].Similarity)/temperature)
	}
	return votes
}

// place is the number of classes that come before label, equal ones in the order of the classes, and whether label got a
// vote.
func place(votes []float64, label int) (at int, voted bool) {
	for class, v := range votes {
		if v > votes[label] || v == votes[label] && class < label {
			at++
		}
	}
	return at, votes[label] != noVote
}
