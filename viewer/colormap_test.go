package viewer

import (
	"image/color"
	"math"
	"slices"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

func rgb(b []byte) color.RGBA { return color.RGBA{b[0], b[1], b[2], 255} }

// The tables and the rows are matplotlib's, exactly.
func TestColorsEqualMatplotlib(t *testing.T) {
	g := golden.Open(t, "attention.safetensors")
	for name, c := range map[string]*ColorMap{"viridis": Viridis, "inferno": Inferno} {
		want := g.Bytes("table." + name)
		for i, x := range c.table {
			if x != rgb(want[3*i:]) {
				t.Errorf("%s, row %d: %v, want %v", name, i, x, want[3*i:3*i+3])
			}
		}
		if c.At(0) != c.table[0] || c.At(1) != c.table[255] || c.At(-1) != c.At(0) || c.At(2) != c.At(1) || c.At(0.5) != c.table[128] {
			t.Errorf("%s: numbers lead to other rows", name)
		}
	}
	maps, shape := g.Float32s("maps"), g.Shape("maps")
	heads, rows, cols := shape[1], shape[2], shape[3]
	mean := make([]float32, rows*cols)
	for h := range heads {
		for i := range mean {
			mean[i] += maps[h*rows*cols+i]
		}
	}
	for i := range mean {
		mean[i] /= float32(heads)
	}
	patch := g.Int("patch")
	for name, x := range map[string]struct {
		m []float32
		c *ColorMap
	}{"viridis": {maps[:rows*cols], Viridis}, "inferno": {mean, Inferno}} {
		want, wantRows := g.Bytes("picture."+name), g.Bytes("picture."+name+".rows")
		wide, colors := cols*patch, x.c.Colored(x.m)
		inTable, _ := Rows(x.m)
		for y := range rows * patch {
			for px := range wide {
				got := colors[y/patch*cols+px/patch]
				if got != rgb(want[3*(y*wide+px):]) {
					t.Fatalf("%s: pixel %d,%d is %v, want %v", name, px, y, got, want[3*(y*wide+px):][:3])
				}
				if got := inTable[y/patch*cols+px/patch]; got != wantRows[y*wide+px] {
					t.Fatalf("%s: pixel %d,%d is of row %d, want %d", name, px, y, got, wantRows[y*wide+px])
				}
			}
		}
	}
}

// A map is stretched to 0..1 before it is looked up.
func TestRowsFollowTheStretchedMap(t *testing.T) {
	g := golden.Open(t, "attention.safetensors")
	stretched := g.Float32s("minmax")
	rows, _ := Rows(g.Float32s("maps")[:len(stretched)])
	for i, v := range stretched {
		if rows[i] != row(v) {
			t.Errorf("value %d, %g of the range, is of row %d, want %d", i, v, rows[i], row(v))
		}
	}
}

func TestRowsOfOddMaps(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		m    []float32
		want []uint8
		ok   []bool
	}{
		{[]float32{3, 3}, []uint8{0, 0}, nil},
		{[]float32{-1, 0, 1}, []uint8{0, 128, 255}, nil},
		{[]float32{nan, 0, 4, inf}, []uint8{0, 0, 255, 0}, []bool{false, true, true, false}},
		{[]float32{nan}, []uint8{0}, []bool{false}},
		{nil, []uint8{}, nil},
	} {
		if rows, ok := Rows(c.m); !slices.Equal(rows, c.want) || !slices.Equal(ok, c.ok) {
			t.Errorf("%v: %v, %v, want %v, %v", c.m, rows, ok, c.want, c.ok)
		}
	}
	if c := Viridis.Colored([]float32{nan, 0, 1}); c[0] != broken || c[2] != Viridis.table[255] {
		t.Errorf("%v", c)
	}
}
