package eval

import (
	"context"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/gpu"
)

// Pixels is the embedder whose features are the pixels: the baseline that a network has to beat.
type Pixels struct{}

// Features returns the red channel as it is: the demo's images are gray.
func (Pixels) Features(_ context.Context, images [][]uint8) ([]float32, error) {
	var out []float32
	for _, pixels := range images {
		for k := 0; k < len(pixels); k += 3 {
			out = append(out, float32(pixels[k])/255)
		}
	}
	return out, nil
}

// DemoSeed keys the crops of the moved test images: the same in every run.
const DemoSeed = 20210429

// A Demo is the demo's question: which of the bank's labeled images are nearest, for test images as they are
// and for moved ones (each cropped once at random, flipped and recolored).
type Demo struct {
	Question        // the images as they are
	Moved    Images // the queries, moved
}

// NewDemo asks about images of size x size pixels.
func NewDemo(bank, test augment.Source, size int) *Demo {
	whole := func(im *augment.Image, _ int) []uint8 {
		return augment.ResizedCrop(im, augment.Box{W: im.W, H: im.H}, size, size).Pix
	}
	seen := func(src augment.Source, view func(*augment.Image, int) []uint8) Images {
		p := Images{Source: src, View: view}
		for i := range src.Len() {
			p.Which, p.Labels = append(p.Which, i), append(p.Labels, src.Label(i))
		}
		return p
	}
	return &Demo{
		Question: Question{Bank: seen(bank, whole), Queries: seen(test, whole), Classes: bank.Classes()},
		Moved:    seen(test, func(im *augment.Image, i int) []uint8 { return augment.Moved(im, size, DemoSeed, i) }),
	}
}

// DemoScore is the top-1 of the 20-nearest-neighbor vote, in percent, and each moved image's nearest ones.
type DemoScore struct {
	AsTheyAre, Moved float64
	Neighbors        [][]Neighbor // of the moved images
}

// DemoK is the number of neighbors that vote.
const DemoK = 20

// DemoBatch is the number of the demo's images that are embedded together.
const DemoBatch = 125

// Score asks one embedder about the images as they are and about the moved ones.
func (d *Demo) Score(ctx context.Context, dev *gpu.Device, e Embedder) (DemoScore, error) {
	var s DemoScore
	bank, err := d.Bank.Embed(ctx, Reading{Batch: DemoBatch}, e)
	if err != nil {
		return s, err
	}
	for _, ask := range []struct {
		images Images
		top1   *float64
	}{{d.Queries, &s.AsTheyAre}, {d.Moved, &s.Moved}} {
		q, err := ask.images.Embed(ctx, Reading{Batch: DemoBatch}, e)
		if err != nil {
			return s, err
		}
		r, near, err := KNN(ctx, dev, bank[0], q[0], []int{DemoK}, Temperature, len(d.Classes))
		if err != nil {
			return s, err
		}
		*ask.top1, s.Neighbors = r[0].Top1, near
	}
	return s, nil
}
