package eval

import (
	"path/filepath"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/layers"
)

func (s sampleData) rankClasses(t *testing.T) {
	q, _, err := OpenQuestion(filepath.Join(s.dir, "classes", "train"), filepath.Join(s.dir, "classes", "val"), 0, sampleSide)
	if err != nil {
		t.Fatal(err)
	}
	found, err := Vote{Question: q, Ks: []int{10}, Temperature: 0.07}.AskNetworks(t.Context(), s.d, s.d.Target(), s.backbone(sampleSide), s.trained, s.untrained)
	if err != nil {
		t.Fatal(err)
	}
	above(t, "k-NN, trained above untrained", found[0][0].Top1/100, found[1][0].Top1/100, 0.2)
}

// The probe's mistakes are of its training: the weights differ, and which are better is not known.
func (s sampleData) rankProbe(t *testing.T) {
	q, _, err := OpenLinear(LinearPaths{Train: filepath.Join(s.dir, "classes", "train"), Test: filepath.Join(s.dir, "classes", "val")}, sampleSide)
	if err != nil {
		t.Fatal(err)
	}
	in := LinearInput{Blocks: s.model.ViT.Depth}
	c := in.Config(s.backbone(sampleSide))
	c.Batch = 32
	var top1 []float64 // from 0 to 1
	for _, arena := range []*layers.Arena{s.trained, s.untrained} {
		net, err := dino.NewBackbone(s.d, s.d.Target(), c, arena)
		if err != nil {
			t.Fatal(err)
		}
		defer net.Release()
		l := Linear{
			Question: q, Embedder: LinearEmbedder{net, in}, Dim: in.Dim(s.model.ViT), Size: sampleSide,
			LRs: []float64{0.1}, Epochs: 10, Batch: 32, TestEvery: 10, Cached: true,
		}
		r, k := runLinear(t, l, nil)
		top1 = append(top1, r.Test.Top1/100)
		if arena == s.untrained {
			break
		}
		x, err := q.Bank.Embed(t.Context(), Reading{Batch: l.Batch}, l.Embedder)
		if err != nil {
			t.Fatal(err)
		}
		var orders [][]int
		for epoch := range l.Epochs {
			orders = append(orders, augment.ClassifierOrder(l.Seed, epoch, x[0].Len()))
		}
		for name, away := range probeMistakes(t, l, x[0], orders, l.LRs[0], l.fresh().Probes[0], k.last().Probes[0].Weight) {
			t.Logf("%s: %.2g away", name, away)
			if right := name == "no mistake"; right && away > 1e-4 || !right && away < 1e-3 {
				t.Errorf("%s: the weights are %.2g away", name, away)
			}
		}
	}
	above(t, "linear, trained above untrained", top1[0], top1[1], 0.15)
}
