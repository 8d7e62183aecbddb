package eval

import (
	"path/filepath"
	"testing"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval/sample"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// The sides of images that go with a network of 28 pixels, as 224, 320 and 480 do with the reference's.
const (
	sampleSide  = 28
	sampleCopy  = 40
	sampleFrame = 60
)

// A sampleData is the drawn data with a trained network and an untrained one.
type sampleData struct {
	dir                string
	d                  *gpu.Device
	model              *weights.Model
	trained, untrained *layers.Arena
}

// What is drawn ranks: a trained network above an untrained one, and what is right above the mistakes that
// testdata/golden/README-evals.md lists. All parts share one drawing.
func TestSampleDataRanks(t *testing.T) {
	s := sampleData{dir: filepath.Join(t.TempDir(), "sample"), d: device(t)}
	if _, err := sample.Write(t.Context(), s.dir, 0); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.model, err = weights.Open("../testdata/trained/teacher.safetensors", weights.Options{Notice: func(err error) { t.Error(err) }}); err != nil {
		t.Fatal(err)
	}
	upload := func(n weights.Network) *layers.Arena {
		arena, err := s.model.UploadNetwork(s.d, n)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(arena.Release)
		return arena
	}
	s.trained, s.untrained = upload(s.model.Networks[0]), upload(s.model.Untrained(0))
	t.Run("classes", s.rankClasses)
	t.Run("probe", s.rankProbe)
	t.Run("retrieval", s.rankRetrieval)
	t.Run("copies", s.rankCopies)
	t.Run("video", s.rankVideo)
	t.Run("objects", s.rankObjects)
}

func (s sampleData) backbone(side int) dino.BackboneConfig {
	m := s.model
	return dino.BackboneConfig{ViT: m.ViT, Mean: m.Mean, Std: m.Std, Height: side, Width: side, Blocks: 1}
}

// above fails where what ranks first is not so far above the other, both from 0 to 1.
func above(t *testing.T, what string, first, other, margin float64) {
	t.Helper()
	t.Logf("%s: %.2f %% above %.2f %%", what, 100*first, 100*other)
	if !(first-other >= margin) {
		t.Errorf("%s: %.2f %% beside %.2f %%, want %.2f above it at least", what, 100*first, 100*other, 100*margin)
	}
}

func (s sampleData) rankObjects(t *testing.T) {
	o, err := OpenObjects(filepath.Join(s.dir, "objects"))
	if err != nil {
		t.Fatal(err)
	}
	var best []float64
	for _, arena := range []*layers.Arena{s.trained, s.untrained} {
		j, err := o.Jaccard(t.Context(), s.d, s.backbone(sampleFrame), arena, JaccardRule{Size: sampleFrame, Threshold: 0.6}, Reading{})
		if err != nil {
			t.Fatal(err)
		}
		best = append(best, j.Best)
	}
	above(t, "Jaccard, trained above untrained", best[0], best[1], 0.1)
}
