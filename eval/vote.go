package eval

import (
	"context"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A Vote is a k-NN evaluation: each query gets the class that its nearest images of the bank vote for.
type Vote struct {
	Question      Question
	Ks            []int   // numbers of images that vote, one result for each
	Temperature   float64 // of the votes' weights
	Bank, Queries Reading // Queries is not used where the question is leave-one-out: its images are embedded once
}

// Ask returns each embedder's accuracies, one for each of Ks. Images are decoded once for all of them.
func (v Vote) Ask(ctx context.Context, d *gpu.Device, embedders ...Embedder) ([][]Result, error) {
	known, err := v.Question.Bank.Embed(ctx, v.Bank, embedders...)
	if err != nil {
		return nil, err
	}
	out := make([][]Result, len(embedders))
	classes := len(v.Question.Classes)
	if v.Question.LeaveOneOut {
		for e := range embedders {
			if out[e], _, err = LeaveOneOut(ctx, d, known[e], v.Ks, v.Temperature, classes); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	asked, err := v.Question.Queries.Embed(ctx, v.Queries, embedders...)
	if err != nil {
		return nil, err
	}
	for e := range embedders {
		if out[e], _, err = KNN(ctx, d, known[e], asked[e], v.Ks, v.Temperature, classes); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// AskNetworks does the same for networks of one size, by their last class token. c says how they run. Where Bank or Queries
// has no Batch, one that fits is chosen.
func (v Vote) AskNetworks(ctx context.Context, d *gpu.Device, target gpu.Target, c dino.BackboneConfig, networks ...*layers.Arena) ([][]Result, error) {
	if v.Bank.Batch == 0 {
		v.Bank.Batch = evenBatch(c, len(v.Question.Bank.Which), len(v.Question.Queries.Which))
	}
	if v.Queries.Batch == 0 {
		v.Queries.Batch = v.Bank.Batch
	}
	c.Batch = v.Bank.Batch
	backbones, err := newBackbones(d, target, c, networks...)
	if err != nil {
		return nil, err
	}
	defer backbones.release()
	return v.Ask(ctx, d, backbones.embedders()...)
}
