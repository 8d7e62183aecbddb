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

// An EmbeddedQuestion holds a question's images as one network sees them. In leave-one-out there are no Queries.
type EmbeddedQuestion struct {
	Bank, Queries Features
}

// Ask returns each embedder's accuracies, one for each of Ks. Images are decoded once for all of them.
func (v Vote) Ask(ctx context.Context, d *gpu.Device, embedders ...Embedder) ([][]Result, error) {
	embedded, err := v.embed(ctx, embedders...)
	if err != nil {
		return nil, err
	}
	return v.results(ctx, d, embedded)
}

// AskNetworks does the same for networks of one size, by their last class token. c says how they run. Where Bank or Queries
// has no Batch, one that fits is chosen.
func (v Vote) AskNetworks(ctx context.Context, d *gpu.Device, target gpu.Target, c dino.BackboneConfig, networks ...*layers.Arena) ([][]Result, error) {
	embedded, err := v.EmbedNetworks(ctx, d, target, c, networks...)
	if err != nil {
		return nil, err
	}
	return v.results(ctx, d, embedded)
}

// EmbedNetworks is the part of AskNetworks that takes time: what each network makes of the images, for Answers and LowShot.
func (v Vote) EmbedNetworks(ctx context.Context, d *gpu.Device, target gpu.Target, c dino.BackboneConfig, networks ...*layers.Arena) ([]EmbeddedQuestion, error) {
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
	return v.embed(ctx, backbones.embedders()...)
}

func (v Vote) embed(ctx context.Context, embedders ...Embedder) ([]EmbeddedQuestion, error) {
	known, err := v.Question.Bank.Embed(ctx, v.Bank, embedders...)
	if err != nil {
		return nil, err
	}
	out := make([]EmbeddedQuestion, len(embedders))
	for e := range embedders {
		out[e].Bank = known[e]
	}
	if v.Question.LeaveOneOut {
		return out, nil
	}
	asked, err := v.Question.Queries.Embed(ctx, v.Queries, embedders...)
	if err != nil {
		return nil, err
	}
	for e := range embedders {
		out[e].Queries = asked[e]
	}
	return out, nil
}

func (v Vote) results(ctx context.Context, d *gpu.Device, embedded []EmbeddedQuestion) ([][]Result, error) {
	out := make([][]Result, len(embedded))
	for e, q := range embedded {
		var err error
		if out[e], _, err = v.count(ctx, d, q); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// count holds the vote of one network.
func (v Vote) count(ctx context.Context, d *gpu.Device, q EmbeddedQuestion) ([]Result, [][]Neighbor, error) {
	if v.Question.LeaveOneOut {
		return LeaveOneOut(ctx, d, q.Bank, v.Ks, v.Temperature, len(v.Question.Classes))
	}
	return KNN(ctx, d, q.Bank, q.Queries, v.Ks, v.Temperature, len(v.Question.Classes))
}
