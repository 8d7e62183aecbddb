package eval

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dinogpu/dinogpu/layers"
)

func (s sampleData) rankRetrieval(t *testing.T) {
	r, err := OpenRetrieval(filepath.Join(s.dir, "retrieval"), "")
	if err != nil {
		t.Fatal(err)
	}
	n := Ranker{Backbone: s.backbone(sampleSide), Size: sampleSide}
	other, err := r.Rank(t.Context(), s.d, n, s.untrained)
	if err != nil {
		t.Fatal(err)
	}
	database, _, err := n.features(t.Context(), s.d, r.Database, 0, s.trained)
	if err != nil {
		t.Fatal(err)
	}
	queries, _, err := n.features(t.Context(), s.d, r.Queries, 0, s.trained)
	if err != nil {
		t.Fatal(err)
	}
	var orders [][]int
	if err := database.cosines(t.Context(), s.d, queries, func(_ int, cosines []float32) { orders = append(orders, ranking(cosines)) }); err != nil {
		t.Fatal(err)
	}
	m := retrievalMistakes(orders, r.Relevant)
	for name, v := range m {
		t.Logf("%s: %.2f", name, 100*v)
	}
	above(t, "medium mAP, trained above untrained", m["right"], other.Mean[1].AP, 0.2)
	above(t, "medium mAP, right above junk left in", m["right"], m["junk left in"], 0.02)
	for _, pair := range [][2]string{{"right", "AP by steps"}, {"right precision", "precision by 10"}} { // mistakes of the measure
		if math.Abs(m[pair[0]]-m[pair[1]]) < 0.005 {
			t.Errorf("%s is %.4f, %s %.4f", pair[0], m[pair[0]], pair[1], m[pair[1]])
		}
	}
}

// Mistakes are looked for where whitening is learned from the places of retrieval, which are more than the images drawn for
// it: of few images most directions are nobody's. The mean's direction is the one that is divided most, so that the mean,
// left in, moves the cosines and hardly an order: there the number only differs.
func (s sampleData) rankCopies(t *testing.T) {
	open := func(whitening string) (c *Copies, strong int) {
		c, err := OpenCopies(filepath.Join(s.dir, "copies"), whitening, "")
		if err != nil {
			t.Fatal(err)
		}
		return c, slices.IndexFunc(c.Blocks, func(b CopyBlock) bool { return b.Name == "strong" })
	}
	f := CopyFinder{Backbone: s.backbone(sampleCopy), Size: sampleCopy}
	c, strong := open("")
	var networks []float64
	for _, arena := range []*layers.Arena{s.trained, s.untrained} {
		r, err := c.Find(t.Context(), s.d, f, arena)
		if err != nil {
			t.Fatal(err)
		}
		networks = append(networks, r.Blocks[strong].MAP)
	}
	above(t, "strong copies' mAP, trained above untrained", networks[0], networks[1], 0.06)
	c, strong = open(filepath.Join(s.dir, "retrieval", "images"))
	parts, learned, _, err := c.describe(t.Context(), s.d, f, s.trained)
	if err != nil {
		t.Fatal(err)
	}
	var values [2][]float32 // the database's and the copies'
	for _, p := range parts {
		if !p.learn {
			at := min(p.block+1, 1)
			values[at] = append(values[at], p.values...)
		}
	}
	found, cosines := map[string]float64{}, map[string][]float32{}
	for name, w := range whiteningMistakes(t, learned) {
		var r CopyResult
		if err := c.search(t.Context(), s.d, slices.Clone(parts), learned.dim, w, &r); err != nil {
			t.Fatal(err)
		}
		found[name] = r.Blocks[strong].MAP
		database, queries := slices.Clone(values[0]), slices.Clone(values[1])
		w.apply(database)
		w.apply(queries)
		for _, v := range similarities(t, database, queries, learned.dim) {
			cosines[name] = append(cosines[name], float32(v))
		}
	}
	above(t, "strong copies' mAP, right above a centered covariance", found["no mistake"], found["a centered covariance"], 0.03)
	for _, name := range []string{"a centered covariance", "the mean left in"} {
		away := off(t, cosines[name], cosines["no mistake"])
		t.Logf("%s: mAP %.2f %%, cosines up to %.2g away", name, 100*found[name], away)
		if away < 1e-3 {
			t.Errorf("%s: the cosines are no more than %.2g away", name, away)
		}
	}
}
