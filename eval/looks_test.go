package eval

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
)

func lookConfigOf(dim int) settings.Config {
	c := settings.DefaultConfig()
	c.Dim, c.Depth, c.Heads, c.PatchSize, c.GlobalCropsSize = dim, 2, 2, 7, 28
	c.HeadHidden, c.HeadBottleneck, c.OutDim = 8, 8, 8
	return c
}

// A look is what the backbone gives, at a size other than the trained one.
func TestLooker(t *testing.T) {
	d := device(t)
	c := lookConfigOf(24)
	weights, err := dino.FreshWeights(d, c)
	if err != nil {
		t.Fatal(err)
	}
	defer weights.Release()
	l, err := NewLooker(d, d.Target(), dino.BackboneOf(c), 56, weights)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if h, w := l.Grid(); h != 8 || w != 8 {
		t.Errorf("the grid is %d x %d", h, w)
	}
	im := augment.NewImage(56, 56)
	for i := range im.Pix {
		im.Pix[i] = uint8(i * i)
	}
	look, err := l.Look(t.Context(), im.Pix)
	if err != nil {
		t.Fatal(err)
	}
	b := dino.BackboneOf(c)
	b.Height, b.Width, b.Patches, b.Attention = 56, 56, true, []int{1}
	whole, err := dino.NewBackbone(d, d.Target(), b, weights)
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Release()
	out, err := whole.Run(t.Context(), [][]uint8{im.Pix})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]float32{out.Map(0, 0, 0, 0), out.Map(0, 0, 0, 1)}, look.Maps); diff != "" {
		t.Errorf("other maps (-backbone +look):\n%s", diff)
	}
	if diff := cmp.Diff(out.Patches[0], look.Features); diff != "" {
		t.Errorf("other features (-backbone +look):\n%s", diff)
	}
}

// More memory, larger images, in whole patches; never smaller than the network was trained at.
func TestLargestLook(t *testing.T) {
	d := device(t)
	c := lookConfigOf(24)
	weights, err := dino.FreshWeights(d, c)
	if err != nil {
		t.Fatal(err)
	}
	defer weights.Release()
	before := 0
	for _, bytes := range []int{0, 300_000, 3_000_000, 1 << 40} {
		size, err := LargestLook(d.Target(), dino.BackboneOf(c), 230, bytes, weights)
		if err != nil {
			t.Fatal(err)
		}
		if size%7 != 0 || size < before {
			t.Errorf("with %d bytes %d pixels, with fewer %d", bytes, size, before)
		}
		if before == 0 && size != 28 {
			t.Errorf("without memory the size is %d, not the one it was trained at", size)
		}
		p, err := dino.BackboneProgram(d.Target(), lookConfig(dino.BackboneOf(c), size), weights)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := p.Plan(); err != nil || size > 28 && m.Scratch+m.Textures > bytes {
			t.Errorf("%d pixels take %d bytes of %d, %v", size, m.Scratch+m.Textures, bytes, err)
		}
		before = size
	}
	if before != 224 {
		t.Errorf("with all memory the size is %d, want 224, the patches in 230", before)
	}
}

func TestLookCost(t *testing.T) {
	b := dino.BackboneOf(lookConfigOf(384))
	if got := LookCost(b, 28, 28); got != 1 {
		t.Errorf("the same size costs %g", got)
	}
	if got := LookCost(b, 56, 28); got < 65.0/17 || got > 16 {
		t.Errorf("twice the side costs %g times", got)
	}
}

// By hand: a query is no neighbor of itself.
func TestOthers(t *testing.T) {
	f := Features{Dim: 2, Values: []float32{1, 0, 1, 0.1, 0, 1, 0.1, 1, 1, 0}}
	g, err := NewGallery(f.Values, f.Dim)
	if err != nil {
		t.Fatal(err)
	}
	got, err := g.others(t.Context(), device(t), []int{0, 3}, 2)
	if err != nil {
		t.Fatal(err)
	}
	var order [][]int
	for _, near := range got {
		var line []int
		for _, n := range near {
			line = append(line, n.Index)
		}
		order = append(order, line)
	}
	if diff := cmp.Diff([][]int{{4, 1}, {2, 1}}, order); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := g.others(t.Context(), device(t), []int{1}, 9); err != nil || len(got[0]) != 4 {
		t.Errorf("of five, the others are %v, %v", got, err)
	}
}

// The queries are the first images that can be read, and what comes behind "enough" is not looked at.
func TestFindOthers(t *testing.T) {
	d := device(t)
	c := lookConfigOf(24)
	weights, err := dino.FreshWeights(d, c)
	if err != nil {
		t.Fatal(err)
	}
	defer weights.Release()
	src, _, err := augment.Demo()
	if err != nil {
		t.Fatal(err)
	}
	m := Images{Source: src, Which: []int{9, 4, 4, 100, 7, 2, 3}, View: EvalView(28)}
	asked := 0
	r := Reading{Enough: func() bool { asked++; return asked > 4 }}
	g, err := FindOthers(t.Context(), d, d.Target(), dino.BackboneOf(c), m, r, 2, 3, weights, weights)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{9, 4, 4, 100, 7}, g.Images); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(g.Near) != 2 || len(g.Near[0]) != 2 || len(g.Near[0][0]) != 3 {
		t.Fatalf("the neighbors are %v", g.Near)
	}
	if diff := cmp.Diff(g.Near[0], g.Near[1]); diff != "" {
		t.Errorf("the same network twice (-first +second):\n%s", diff)
	}
	if got := g.Near[0][1][0]; got.Index != 2 || got.Similarity < 0.9999 {
		t.Errorf("nearest to image 4 is %v, not the same image", got)
	}
}
