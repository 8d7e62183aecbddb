package eval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/augment"
)

// fakeSource has images of one pixel that holds their number; some cannot be read.
type fakeSource struct {
	labels  []int
	classes []string
	bad     []int
}

func (s fakeSource) Len() int          { return len(s.labels) }
func (s fakeSource) Name(i int) string { return fmt.Sprint("n", i) }
func (s fakeSource) Label(i int) int   { return s.labels[i] }
func (s fakeSource) Classes() []string { return s.classes }
func (s fakeSource) Decode(i int) (*augment.Image, error) {
	if slices.Contains(s.bad, i) {
		return nil, errors.New("damaged")
	}
	return &augment.Image{W: 1, H: 1, Pix: []uint8{uint8(i), 0, 0}}, nil
}

// fakeEmbedder gives an image's number and the size of the batch it came in.
type fakeEmbedder struct{ batches *[]int }

func (e fakeEmbedder) Features(_ context.Context, images [][]uint8) ([]float32, error) {
	*e.batches = append(*e.batches, len(images))
	var out []float32
	for _, pixels := range images {
		out = append(out, float32(pixels[0]), 1)
	}
	return out, nil
}

// Whatever the number of workers: the images' order, full batches, the damaged ones named in order and left out.
func TestEmbed(t *testing.T) {
	src := fakeSource{labels: make([]int, 40), bad: []int{0, 7, 8, 39}}
	p := Images{Source: src, View: func(im *augment.Image, _ int) []uint8 { return im.Pix }}
	var want Features
	for i := range 40 {
		if i == 20 {
			continue // takes no part
		}
		p.Which, p.Labels = append(p.Which, i), append(p.Labels, 3*i)
		if !slices.Contains(src.bad, i) {
			want.Values = append(want.Values, float32(i), 1)
			want.Labels, want.Names = append(want.Labels, 3*i), append(want.Names, src.Name(i))
		}
	}
	want.Dim = 2
	for _, workers := range []int{1, 5, 0} {
		var left []string
		var batches, again []int
		done := 0
		f, err := p.Embed(context.Background(), Reading{
			Batch: 8, Workers: workers,
			LeftOut: func(name string, err error) { left = append(left, name) },
			Done:    func(n int) { done = n },
		}, fakeEmbedder{&batches}, fakeEmbedder{&again})
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range f {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d workers: %s", workers, diff)
			}
		}
		if diff := cmp.Diff([]string{"n0", "n7", "n8", "n39"}, left); diff != "" || done != 39 {
			t.Errorf("%d workers: %s, %d done", workers, diff, done)
		}
		// the last one is damaged: what is there by then still goes
		if !slices.Equal(batches, []int{8, 8, 8, 8, 3}) || !slices.Equal(again, batches) {
			t.Errorf("%d workers: batches %v, %v", workers, batches, again)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	_, err := p.Embed(ctx, Reading{Batch: 4, Done: func(n int) {
		if n == 10 {
			stop()
		}
	}}, fakeEmbedder{new([]int)})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("stopped in the middle: %v", err)
	}
	src.bad = p.Which
	p.Source = src
	if _, err := p.Embed(context.Background(), Reading{Batch: 4}, fakeEmbedder{new([]int)}); err == nil || !strings.Contains(err.Error(), "none of 39") {
		t.Errorf("all damaged: %v", err)
	}
}

// Classes go together by name, whatever their numbers; numbers serve where there are no names.
func TestMatch(t *testing.T) {
	folder := Named{fakeSource{labels: []int{0, 0, 1, -1, 2, 2}, classes: []string{"ant", "bee", "cat"}}, "F"}
	other := Named{fakeSource{labels: []int{1, 0, 2, 2, -1}, classes: []string{"bee", "cat", "dog"}}, "O"}
	q, m, err := Match(folder, other)
	if err != nil {
		t.Fatal(err)
	}
	for what, diff := range map[string]string{
		"classes": cmp.Diff([]string{"ant", "bee", "cat"}, q.Classes),
		"bank":    cmp.Diff([]int{0, 0, 1, 2, 2}, q.Bank.Labels) + cmp.Diff([]int{0, 1, 2, 4, 5}, q.Bank.Which),
		"queries": cmp.Diff([]int{2, 1, NoClass, NoClass}, q.Queries.Labels) + cmp.Diff([]int{0, 1, 2, 3}, q.Queries.Which),
		"beside":  cmp.Diff(Matched{Unknown: []string{"dog"}, UnknownImages: 2, NoLabel: [2]int{1, 1}}, m),
	} {
		if diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	numbers := Named{fakeSource{labels: []int{9, 4, 9}}, "N"}
	named := Named{fakeSource{labels: []int{0, 1}, classes: []string{"4", "9"}}, "D"}
	if q, _, err = Match(numbers, named); err != nil || !slices.Equal(q.Classes, []string{"4", "9"}) ||
		!slices.Equal(q.Bank.Labels, []int{1, 0, 1}) || !slices.Equal(q.Queries.Labels, []int{0, 1}) {
		t.Errorf("numbers and names: %v, %v, %v, %v", q.Classes, q.Bank.Labels, q.Queries.Labels, err)
	}
	flat := Named{fakeSource{labels: []int{-1, -1}}, "flat"}
	one := Named{fakeSource{labels: []int{0, 0}, classes: []string{"ant"}}, "one"}
	for _, c := range []struct {
		bank, queries Named
		want          string
	}{
		{flat, folder, "flat has images without labels"},
		{folder, flat, "flat has images without labels"},
		{one, folder, "one has images of one class only, ant"},
		{folder, named, "no class of D (4, 9) is one of F (ant, bee, cat)"},
	} {
		if _, _, err := Match(c.bank, c.queries); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
}

// A query of no class of the bank is wrong however few classes there are.
func TestKNNCountsUnknownClassesAsWrong(t *testing.T) {
	bank := Features{Dim: 4, Values: []float32{1, 0, 0, 0, 0, 1, 0, 0}, Labels: []int{0, 1}}
	queries := Features{Dim: 4, Values: []float32{1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0}, Labels: []int{0, 1, NoClass, NoClass}}
	r, _, err := KNN(context.Background(), device(t), bank, queries, []int{1, 10}, Temperature, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range r {
		if x.Top1 != 50 || x.K == 10 && x.Top5 != 50 {
			t.Errorf("%+v, want half of them right", x)
		}
	}
	bank.Labels[0] = NoClass
	if _, _, err := KNN(context.Background(), device(t), bank, queries, []int{1}, Temperature, 2); err == nil {
		t.Error("a bank with an image of no class was taken")
	}
}
