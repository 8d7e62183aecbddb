package eval

import (
	"context"
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/gpu"
)

// An Embedder turns pictures of size x size RGB bytes into features (n, Dim).
type Embedder interface {
	Features(ctx context.Context, n int, picture func(i int) ([]uint8, error)) ([]float32, error)
}

// Pixels is the embedder that looks at nothing but the pixels: what a network has to beat.
type Pixels struct{}

// Features gives the red channel as it is: the demo's pictures are grey.
func (Pixels) Features(_ context.Context, n int, picture func(i int) ([]uint8, error)) ([]float32, error) {
	var out []float32
	for i := range n {
		p, err := picture(i)
		if err != nil {
			return nil, err
		}
		for k := 0; k < len(p); k += 3 {
			out = append(out, float32(p[k])/255)
		}
	}
	return out, nil
}

// DemoSeed keys the crops of the moved test pictures: the same in every run.
const DemoSeed = 20210429

// A Demo is the demo's question: which of the bank's labelled pictures are nearest, for test pictures as they are
// and for moved ones (each cropped once at random, flipped and recoloured).
type Demo struct {
	Bank, Test augment.Source
	Size       int // pixels a side

	bank, test, moved [][]uint8
}

// NewDemo decodes the pictures once.
func NewDemo(bank, test augment.Source, size int) (*Demo, error) {
	d := &Demo{Bank: bank, Test: test, Size: size}
	decode := func(src augment.Source, view func(im *augment.Image, i int) []uint8) ([][]uint8, error) {
		out := make([][]uint8, src.Len())
		for i := range out {
			im, err := src.Decode(i)
			if err != nil {
				return nil, err
			}
			out[i] = view(im, i)
		}
		return out, nil
	}
	whole := func(im *augment.Image, _ int) []uint8 {
		return augment.ResizedCrop(im, augment.Box{W: im.W, H: im.H}, size, size).Pix
	}
	var err error
	if d.bank, err = decode(bank, whole); err != nil {
		return nil, err
	}
	if d.test, err = decode(test, whole); err != nil {
		return nil, err
	}
	d.moved, err = decode(test, func(im *augment.Image, i int) []uint8 { return augment.Moved(im, size, DemoSeed, i) })
	return d, err
}

// Moved is moved test picture i.
func (d *Demo) Moved(i int) *augment.Image {
	return &augment.Image{W: d.Size, H: d.Size, Pix: d.moved[i]}
}

// TestPicture is test picture i.
func (d *Demo) TestPicture(i int) *augment.Image {
	return &augment.Image{W: d.Size, H: d.Size, Pix: d.test[i]}
}

// BankPicture is picture i of the bank.
func (d *Demo) BankPicture(i int) *augment.Image {
	return &augment.Image{W: d.Size, H: d.Size, Pix: d.bank[i]}
}

// DemoScore is the top-1 of the 20-nearest-neighbour vote, in percent, and each moved picture's nearest ones.
type DemoScore struct {
	AsTheyAre, Moved float64
	Neighbours       [][]Neighbour // of the moved pictures
}

// DemoK is how many neighbours vote.
const DemoK = 20

// Score asks the question of one embedder. moved says whether the moved pictures are asked about too.
func (d *Demo) Score(ctx context.Context, dev *gpu.Device, e Embedder, moved bool) (DemoScore, error) {
	var s DemoScore
	bank, err := d.features(ctx, e, d.Bank, d.bank)
	if err != nil {
		return s, err
	}
	ask := func(pictures [][]uint8) (float64, [][]Neighbour, error) {
		q, err := d.features(ctx, e, d.Test, pictures)
		if err != nil {
			return 0, nil, err
		}
		r, near, err := KNN(ctx, dev, bank, q, []int{DemoK}, 0.07, len(d.Bank.Classes()))
		if err != nil {
			return 0, nil, err
		}
		return r[0].Top1, near, nil
	}
	if s.AsTheyAre, _, err = ask(d.test); err != nil || !moved {
		return s, err
	}
	s.Moved, s.Neighbours, err = ask(d.moved)
	return s, err
}

func (d *Demo) features(ctx context.Context, e Embedder, src augment.Source, pictures [][]uint8) (Features, error) {
	values, err := e.Features(ctx, len(pictures), func(i int) ([]uint8, error) { return pictures[i], nil })
	if err != nil {
		return Features{}, err
	}
	f := Features{Values: values, Dim: len(values) / max(1, len(pictures))}
	for i := range pictures {
		f.Labels, f.Names = append(f.Labels, src.Label(i)), append(f.Names, src.Name(i))
	}
	if len(f.Labels)*f.Dim != len(values) {
		return f, fmt.Errorf("%d features of %d pictures", len(values), len(pictures))
	}
	return f, nil
}
