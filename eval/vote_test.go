package eval

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// countingSource has images of noise, and counts how often one is decoded.
type countingSource struct {
	fakeSource
	decoded *atomic.Int64
}

func (s countingSource) Decode(i int) (*augment.Image, error) {
	s.decoded.Add(1)
	im := augment.NewImage(16, 16)
	for k := range im.Pix {
		im.Pix[k] = uint8(i*i*31 + k*k*(7+i%2) + 40*(i%2)*(k%3))
	}
	return im, nil
}

// Two networks asked together say what each says alone, and each image is decoded once.
func TestNetworksVoteSideBySide(t *testing.T) {
	d := device(t)
	c := settings.DefaultConfig()
	c.Dim, c.Depth, c.Heads, c.PatchSize, c.GlobalCropsSize = 24, 1, 2, 8, 16
	c.HeadHidden, c.HeadBottleneck, c.OutDim = 8, 8, 8
	var arenas []*layers.Arena
	for seed := range 2 {
		c.Seed = uint64(seed)
		a, err := dino.FreshWeights(d, c)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Release()
		arenas = append(arenas, a)
	}
	var decoded atomic.Int64
	images := func(n int) Images {
		p := Images{Source: countingSource{fakeSource{labels: make([]int, n)}, &decoded}, View: EvalView(16)}
		for i := range n {
			p.Which, p.Labels = append(p.Which, i), append(p.Labels, i%2)
		}
		return p
	}
	v := Vote{Question: Question{Bank: images(23), Queries: images(9), Classes: []string{"even", "odd"}}, Ks: []int{1, 7}, Temperature: Temperature}
	ask := func(arenas ...*layers.Arena) [][]Result {
		results, err := v.AskNetworks(context.Background(), d, gpu.SoftwareTarget, dino.BackboneOf(c), arenas...)
		if err != nil {
			t.Fatal(err)
		}
		return results
	}
	both := ask(arenas...)
	if n := decoded.Load(); n != 23+9 {
		t.Errorf("%d images were decoded", n)
	}
	if slices.Equal(both[0], both[1]) {
		t.Fatalf("both networks give %+v, so that nothing can tell one from the other", both[0])
	}
	for i, a := range arenas {
		if alone := ask(a)[0]; !slices.Equal(both[i], alone) {
			t.Errorf("network %d: %+v beside the other, %+v alone", i, both[i], alone)
		}
	}
	if both[0][0].Top1 != 100 {
		t.Errorf("images that are in the bank themselves are told with %g %%", both[0][0].Top1)
	}
	v.Bank.Batch, v.Queries.Batch = 4, 3
	if small := ask(arenas[1])[0]; !slices.Equal(both[1], small) {
		t.Errorf("in batches of 4 and 3: %+v, all together: %+v", small, both[1])
	}
	asked := v
	v.Question.LeaveOneOut, v.Question.Queries = true, v.Question.Bank
	decoded.Store(0)
	apart := ask(arenas...)
	if n := decoded.Load(); n != 23 || apart[0][1].Used != 7 || slices.Equal(apart[0], apart[1]) {
		t.Errorf("leave-one-out decoded %d images and says %+v", n, apart)
	}
	v = asked
	before := d.Allocated()
	c.Depth = 2
	if _, err := v.AskNetworks(context.Background(), d, gpu.SoftwareTarget, dino.BackboneOf(c), arenas...); err == nil || d.Allocated() != before {
		t.Errorf("weights of another depth: %v, %d bytes are left", err, d.Allocated()-before)
	}
}

// Batches are of even length, as few as fit.
func TestEvenBatch(t *testing.T) {
	c := dino.BackboneOf(settings.DefaultConfig()) // 27 at once
	for n, want := range map[int]int{1: 1, 27: 27, 28: 14, 100: 25} {
		if got := evenBatch(c, n, 1); got != want {
			t.Errorf("%d images go in batches of %d, want %d", n, got, want)
		}
	}
}
