package eval

import (
	"math"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

func fit(t *testing.T, dim, axes int, parts ...[]float32) *Basis {
	t.Helper()
	p := NewPCA(dim)
	for _, vectors := range parts {
		if err := p.Add(vectors); err != nil {
			t.Fatal(err)
		}
	}
	b, err := p.Fit(axes)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The golden numbers, from all tokens at once and from the same in two parts.
func TestPCAEqualsReference(t *testing.T) {
	g := golden.Open(t, "patches.safetensors")
	tokens, dim := g.Float32s("tokens"), g.Shape("tokens")[1]
	near := func(what string, got, want []float64) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
		}
		for i := range got {
			if math.Abs(got[i]-want[i]) > 1e-4 {
				t.Errorf("%s: value %d is %g, want %g", what, i, got[i], want[i])
			}
		}
	}
	for what, b := range map[string]*Basis{
		"at once": fit(t, dim, 3, tokens), "in parts": fit(t, dim, 3, tokens[:10*dim], tokens[10*dim:]),
	} {
		var axes []float64
		for _, a := range b.Axes {
			axes = append(axes, a...)
		}
		near(what+", mean", b.Mean, g.Float64s("pca.mean"))
		near(what+", axes", axes, g.Float64s("pca.axes"))
		near(what+", shares", b.Share, g.Float64s("pca.variance_share"))
		near(what+", scores", b.Scores(tokens), g.Float64s("pca.scores"))
	}
	variances := g.Float64s("pca.variances")
	shares := fit(t, dim, len(variances), tokens).Share
	part := variances[0] / shares[0] // all variance
	for i := range shares {
		shares[i] *= part
	}
	near("variances", shares, variances)
}

func TestPCAOfFew(t *testing.T) {
	b := fit(t, 2, 3, []float32{1, 1, 1, 5})
	if len(b.Axes) != 2 || math.Abs(b.Axes[0][1]-1) > 1e-9 || math.Abs(b.Share[0]-1) > 1e-9 {
		t.Errorf("of two points: %+v", b)
	}
	if b := fit(t, 2, 3, []float32{2, 2, 2, 2}); b.Share[0] != 0 {
		t.Errorf("of one point twice: %+v", b)
	}
	p := NewPCA(2)
	if _, err := p.Fit(1); err == nil || !strings.Contains(err.Error(), "two are the least") {
		t.Errorf("of no point: %v", err)
	}
	for _, bad := range [][]float32{{1, float32(math.NaN())}, {1, 2, 3}} {
		if err := p.Add(bad); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}
