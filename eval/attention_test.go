package eval

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// The masks are PyTorch's, exactly.
func TestKeptEqualsReference(t *testing.T) {
	g := golden.Open(t, "attention.safetensors")
	maps, shape := g.Float32s("maps"), g.Shape("maps")
	heads, n := shape[1], shape[2]*shape[3]
	check := func(what string, weights []float32, share float64, want []byte) {
		t.Helper()
		for i, kept := range Kept(weights, share) {
			if kept != (want[i] == 1) {
				t.Errorf("%s, %g: weight %d is kept: %v", what, share, i, kept)
			}
		}
	}
	for _, share := range []float64{0.6, 0.8} {
		for image := range shape[0] {
			tag := fmt.Sprintf("t%g.image%d.kept", share, image)
			want, count := g.Bytes(tag), g.Ints(tag+"_count")
			for h := range heads {
				weights := maps[(image*heads+h)*n:][:n]
				check(fmt.Sprintf("image %d, head %d", image, h), weights, share, want[h*n:][:n])
				if got := sumKept(slices.Repeat([]int{1}, n), Kept(weights, share)); got != count[h] {
					t.Errorf("image %d, head %d, %g: %d weights are kept, want %d", image, h, share, got, count[h])
				}
			}
		}
	}
	vit, want := g.Float32s("vit.maps"), g.Bytes("vit.kept0.6")
	for at := 0; at < len(vit); at += n {
		check(fmt.Sprintf("ViT, from %d", at), vit[at:][:n], 0.6, want[at:][:n])
	}
}

// What is kept holds the share, and without its smallest weight it would not; none left out is larger than one kept.
func TestKeptIsTheSmallestSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Float32Range(0, 1), 1, 40).Draw(t, "weights")
		share := rapid.Float64Range(0.05, 0.95).Draw(t, "share")
		var all, in float64
		least, largest := math.Inf(1), 0.0 // kept, left out
		kept := Kept(weights, share)
		for i, w := range weights {
			all += float64(w)
			if kept[i] {
				in += float64(w)
				least = min(least, float64(w))
			} else {
				largest = max(largest, float64(w))
			}
		}
		if all == 0 {
			if slices.Contains(kept, true) {
				t.Fatal("zeros are kept")
			}
			return
		}
		if in < share*all-1e-9 || in-least > share*all+1e-9 || largest > least {
			t.Fatalf("%v of %v: they hold %g of %g, the least %g, left out up to %g", kept, weights, in, all, least, largest)
		}
	})
}

func TestKeptAtTheEnds(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		weights []float32
		share   float64
		want    []bool
	}{
		{[]float32{0.2, 0, 0.1}, 1, []bool{true, false, true}},
		{[]float32{0.2, 0, 0.1}, 0, []bool{false, false, false}},
		{[]float32{nan, 0.3, inf, -1}, 0.5, []bool{false, true, false, false}},
		{[]float32{0, 0}, 0.6, []bool{false, false}},
		{nil, 0.6, []bool{}},
	} {
		if got := Kept(c.weights, c.share); !slices.Equal(got, c.want) {
			t.Errorf("%v, %g: %v, want %v", c.weights, c.share, got, c.want)
		}
	}
}

// The tokens that similarities and components are of are those of the golden backbone.
func TestPatchTokensEqualReference(t *testing.T) {
	g, d := golden.Open(t, "patches.safetensors"), device(t)
	v, weights := goldenNet(t, d)
	h, w := g.Shape("input")[2], g.Shape("input")[3]
	b, err := dino.NewBackbone(d, d.Target(), dino.BackboneConfig{ViT: v, Height: h, Width: w, Blocks: 1, Patches: true, Normalized: true}, weights)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	out, err := b.RunNormalized(t.Context(), [][]float32{g.Float32s("input")})
	if err != nil {
		t.Fatal(err)
	}
	want := g.Float32s("tokens")
	for i, got := range out.Patches[0] {
		if math.Abs(float64(got-want[i])) > 1e-4 {
			t.Fatalf("value %d of patch %d is %g, want %g", i%v.Dim, i/v.Dim, got, want[i])
		}
	}
}

func TestCosinesEqualReference(t *testing.T) {
	g := golden.Open(t, "patches.safetensors")
	tokens, dim := g.Float32s("tokens"), g.Shape("tokens")[1]
	to19, all := g.Float64s("cosine.to_patch_19"), g.Float64s("cosine.all")
	n := len(tokens) / dim
	for k := range n {
		for i, c := range Cosines(tokens, dim, tokens[k*dim:][:dim]) {
			if want := all[k*n+i]; math.Abs(float64(c)-want) > 1e-6 || k == 19 && math.Abs(float64(c)-to19[i]) > 1e-6 {
				t.Errorf("patches %d and %d: %g, want %g", k, i, c, want)
			}
		}
	}
	if c := Cosines([]float32{0, 0, 3, 4}, 2, []float32{0, 2}); c[0] != 0 || math.Abs(float64(c[1])-0.8) > 1e-7 {
		t.Errorf("a vector of zeros, and one: %v", c)
	}
}

func TestMeanMap(t *testing.T) {
	if m := MeanMap([]float32{1, 2}, []float32{3, 6}); !slices.Equal(m, []float32{2, 4}) {
		t.Errorf("%v", m)
	}
	if m := MeanMap(); m != nil {
		t.Errorf("the mean of none is %v", m)
	}
}
