package eval

import (
	"context"
	"math"

	"github.com/dinogpu/dinogpu/gpu"
)

// Answers are the results of a vote, and what that of the best K said of each query.
type Answers struct {
	Results []Result // one for each of Vote.Ks
	K       int      // of the best top-1; of equal ones the first of Vote.Ks
	Queries []Answer // in their order
	Classes []ClassResult
}

// An Answer is what was said of one query.
type Answer struct {
	Name         string
	Class        int // NoClass: none of the bank's
	Predicted    int
	Nearest      string // the nearest image that voted
	NearestClass int
	Cosine       float64 // between the two
}

// A ClassResult is how many of a class's queries were told, in the order of the classes. Top1 is in percent, NaN where
// nothing of the class was asked.
type ClassResult struct {
	Queries int
	Top1    float64
}

// Answers holds the vote of one network and keeps what was said of each query.
func (v Vote) Answers(ctx context.Context, d *gpu.Device, q EmbeddedQuestion) (Answers, error) {
	results, neighbors, err := v.count(ctx, d, q)
	if err != nil {
		return Answers{}, err
	}
	best := results[0]
	for _, r := range results {
		if r.Top1 > best.Top1 {
			best = r
		}
	}
	asked := q.Queries
	if v.Question.LeaveOneOut {
		asked = q.Bank
	}
	classes := len(v.Question.Classes)
	a := Answers{Results: results, K: best.K, Classes: make([]ClassResult, classes), Queries: make([]Answer, len(neighbors))}
	for i, near := range neighbors {
		first := near[0]
		said := Answer{
			Name: asked.name(i), Class: asked.Labels[i], Predicted: mostVotes(vote(near[:best.Used], q.Bank.Labels, v.Temperature, classes)),
			Nearest: q.Bank.name(first.Index), NearestClass: q.Bank.Labels[first.Index], Cosine: first.Similarity,
		}
		a.Queries[i] = said
		if said.Class == NoClass {
			continue
		}
		of := &a.Classes[said.Class]
		of.Queries++
		if said.Class == said.Predicted {
			of.Top1++
		}
	}
	for i := range a.Classes {
		of := &a.Classes[i]
		if of.Queries == 0 {
			of.Top1 = math.NaN()
			continue
		}
		of.Top1 *= 100 / float64(of.Queries)
	}
	return a, nil
}

// mostVotes is the class with most votes, of equal ones the first.
func mostVotes(votes []float64) (class int) {
	for i, v := range votes {
		if v > votes[class] {
			class = i
		}
	}
	return class
}
