package viewer

import (
	"encoding/hex"
	"image/color"
	"math"
)

// A ColorMap turns numbers into colors, from dark to light.
type ColorMap struct {
	Name  string
	table [256]color.RGBA
}

// The color maps of attention: the reference's visualize_attention draws each head in Viridis, its video_generation the
// mean of all heads in Inferno.
var (
	Viridis = newColorMap("viridis", viridisTable)
	Inferno = newColorMap("inferno", infernoTable)
)

func newColorMap(name, table string) *ColorMap {
	c := &ColorMap{Name: name}
	bytes, err := hex.DecodeString(table)
	if err != nil || len(bytes) != 3*len(c.table) {
		panic("viewer: the table of " + name + " is damaged")
	}
	for i := range c.table {
		c.table[i] = color.RGBA{bytes[3*i], bytes[3*i+1], bytes[3*i+2], 255}
	}
	return c
}

// At is the color of a number from 0 to 1.
func (c *ColorMap) At(v float32) color.RGBA { return c.table[row(v)] }

// Palette is the map's colors, dark first.
func (c *ColorMap) Palette() color.Palette {
	p := make(color.Palette, len(c.table))
	for i, x := range c.table {
		p[i] = x
	}
	return p
}

// row is the table's row of a number from 0 to 1.
func row(v float32) uint8 { return uint8(min(max(int(v*256), 0), 255)) }

// Rows gives the table's row of each weight as matplotlib's imsave chooses it: the smallest weight has row 0, the largest
// 255. A map whose weights are all alike has row 0 throughout. ok is false for a weight that is NaN or infinite, which
// says nothing of the others; ok is nil where all are good.
func Rows(m []float32) (rows []uint8, ok []bool) {
	low, high := float32(math.Inf(1)), float32(math.Inf(-1))
	for i, v := range m {
		if finite(v) {
			low, high = min(low, v), max(high, v)
			continue
		}
		if ok == nil {
			ok = make([]bool, len(m))
		}
		ok[i] = true
	}
	for i := range ok {
		ok[i] = !ok[i]
	}
	rows = make([]uint8, len(m))
	if !(high > low) {
		return rows, ok
	}
	for i, v := range m {
		if ok == nil || ok[i] {
			rows[i] = row((v - low) / (high - low))
		}
	}
	return rows, ok
}

// Colored gives each weight's color as matplotlib's imsave does, and broken for what is NaN or infinite.
func (c *ColorMap) Colored(m []float32) []color.RGBA {
	rows, ok := Rows(m)
	out := make([]color.RGBA, len(m))
	for i, r := range rows {
		out[i] = c.table[r]
		if ok != nil && !ok[i] {
			out[i] = broken
		}
	}
	return out
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// broken marks a weight that is NaN or infinite: a color that is in none of the maps.
var broken = color.RGBA{0, 255, 255, 255}
