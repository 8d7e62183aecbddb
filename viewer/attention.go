package viewer

import (
	"fmt"
	"image"
	"image/color"

	"github.com/dinogpu/dinogpu/augment"
)

// Attention draws a row for each picture: the picture, the attention of each head, their mean. maps[i][h] holds
// gridH x gridW weights, row by row; each map is enlarged without smoothing (reference visualize_attention) and
// scaled to its own largest weight. All pictures have one size.
func Attention(pictures []*augment.Image, maps [][][]float32, gridH, gridW int) *image.RGBA {
	if len(pictures) == 0 {
		return newSheet(1, 1)
	}
	scale := scaleOf(pictures[0])
	w, h := pictures[0].W*scale, pictures[0].H*scale
	heads := len(maps[0])
	stepX, stepY := w+gap, h+gap
	sheet := newSheet((heads+2)*stepX+gap, len(pictures)*stepY+caption+gap)
	text(sheet, gap, 2, w, "picture")
	for head := range heads {
		text(sheet, gap+(head+1)*stepX, 2, w, fmt.Sprintf("head %d", head+1))
	}
	text(sheet, gap+(heads+1)*stepX, 2, w, "mean")
	for i, im := range pictures {
		y := caption + gap + i*stepY
		put(sheet, im, gap, y, scale)
		mean := make([]float32, gridH*gridW)
		for head, m := range maps[i] {
			heat(sheet, m, gap+(head+1)*stepX, y, w, h, gridH, gridW)
			for k, v := range m {
				mean[k] += v / float32(heads)
			}
		}
		heat(sheet, mean, gap+(heads+1)*stepX, y, w, h, gridH, gridW)
	}
	return sheet
}

// heat draws one map as w x h pixels.
func heat(sheet *image.RGBA, m []float32, x, y, w, h, gridH, gridW int) {
	var most float32
	for _, v := range m {
		most = max(most, v)
	}
	for r := range h {
		for c := range w {
			v := m[r*gridH/h*gridW+c*gridW/w]
			if most > 0 {
				v /= most
			}
			sheet.SetRGBA(x+c, y+r, warm(v))
		}
	}
}

// stops of a map from dark to light whose lightness rises evenly.
var stops = [...][3]float32{{0, 0, 4}, {66, 10, 104}, {147, 38, 103}, {221, 81, 58}, {252, 165, 10}, {252, 255, 164}}

// warm is the colour of a weight from 0 to 1: the stops of matplotlib's inferno, mixed.
func warm(v float32) color.RGBA {
	v = min(max(v, 0), 1) * float32(len(stops)-1)
	i := min(int(v), len(stops)-2)
	f := v - float32(i)
	mix := func(k int) uint8 { return uint8(stops[i][k] + f*(stops[i+1][k]-stops[i][k]) + 0.5) }
	return color.RGBA{mix(0), mix(1), mix(2), 255}
}
