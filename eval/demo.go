package eval

import (
	"context"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/gpu"
)

// Pixels is the embedder that looks at nothing but the pixels: what a network has to beat.
type Pixels struct{}

// Features gives the red channel as it is: the demo's images are gray.
func (Pixels) Features(_ context.Context, images [][]uint8) ([]float32, error) {
	var out []float32
	for _, pixels := range images {
		for k := 0; k < len(pixels); k += 3 {
			out = append(out, float32(pixels[k])/255)
		}
	}
	return out, nil
}

// DemoSeed keys the crops of the moved test pictures: the same in every run.
const DemoSeed = 20210429

// A Demo is the demo's question: which of the bank's labelled pictures are nearest, for test pictures as they are
// and for moved ones (each cropped once at random, flipped and recoloured).
type Demo struct {
	Question          // the pictures as they are
	Moved    Pictures // the queries, moved
}

// NewDemo asks about pictures of size pixels a side.
func NewDemo(bank, test augment.Source, size int) *Demo {
	whole := func(im *augment.Image, _ int) []uint8 {
		return augment.ResizedCrop(im, augment.Box{W: im.W, H: im.H}, size, size).Pix
	}
	seen := func(src augment.Source, view func(*augment.Image, int) []uint8) Pictures {
		p := Pictures{Source: src, View: view}
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

// DemoScore is the top-1 of the 20-nearest-neighbour vote, in percent, and each moved picture's nearest ones.
type DemoScore struct {
	AsTheyAre, Moved float64
	Neighbours       [][]Neighbour // of the moved pictures
}

// DemoK is how many neighbors vote.
const DemoK = 20

// DemoBatch is how many of the demo's images are looked at together.
const DemoBatch = 125

// Score asks of one embedder about the images as they are and moved.
func (d *Demo) Score(ctx context.Context, dev *gpu.Device, e Embedder) (DemoScore, error) {
	var s DemoScore
	bank, err := d.Bank.Embed(ctx, Reading{Batch: DemoBatch}, e)
	if err != nil {
		return s, err
	}
	for _, ask := range []struct {
		pictures Pictures
		top1     *float64
	}{{d.Queries, &s.AsTheyAre}, {d.Moved, &s.Moved}} {
		q, err := ask.pictures.Embed(ctx, Reading{Batch: DemoBatch}, e)
		if err != nil {
			return s, err
		}
		r, near, err := KNN(ctx, dev, bank[0], q[0], []int{DemoK}, Temperature, len(d.Classes))
		if err != nil {
			return s, err
		}
		*ask.top1, s.Neighbours = r[0].Top1, near
	}
	return s, nil
}
