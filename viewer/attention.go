package viewer

import (
	"fmt"
	"image"

	"github.com/dinogpu/dinogpu/augment"
)

// attentionTitle stands over a sheet of attention maps.
const attentionTitle = "Attention of the class token to the patches, last block; each map by its own maximum"

// Attention draws a row for each image: the image, the attention of each head, their mean. maps[i][h] holds
// image i's gridH x gridW weights, row by row, without the class token's own; each map is enlarged without
// smoothing (reference visualize_attention) and scaled to its largest weight. The grid is spread over the whole
// image: crop images whose sides are not multiples of the patch to such sides first, as the reference does.
func Attention(images []*augment.Image, maps [][][]float32, gridH, gridW int) *image.RGBA {
	if len(maps) != len(images) {
		panic(fmt.Sprintf("viewer: attention of %d images for %d", len(maps), len(images)))
	}
	var size image.Point
	heads := 0
	for i, im := range images {
		size = room(size, fitted(im))
		heads = max(heads, len(maps[i]))
	}
	size.X = max(size.X, letter*len("image"))
	stepX, stepY := size.X+gap, size.Y+gap
	width := max((heads+2)*stepX+gap, letter*len(attentionTitle)+2*gap)
	const top = 2*caption + gap
	sheet := newSheet(width, len(images)*stepY+top)
	text(sheet, gap, 2, width-2*gap, attentionTitle)
	column := func(k int) int { return gap + k*stepX }
	text(sheet, column(0), 2+caption, size.X, "image")
	for h := range heads {
		text(sheet, column(h+1), 2+caption, size.X, fmt.Sprintf("head %d", h+1))
	}
	text(sheet, column(heads+1), 2+caption, size.X, "mean")
	for i, im := range images {
		place := put(sheet, im, gap, top+i*stepY)
		mean := make([]float32, gridH*gridW)
		for h, m := range maps[i] {
			if len(m) != gridH*gridW {
				panic(fmt.Sprintf("viewer: a map of %d weights for a grid of %d x %d", len(m), gridH, gridW))
			}
			heat(sheet, m, place.Add(image.Pt((h+1)*stepX, 0)), gridH, gridW)
			for k, v := range m {
				mean[k] += v / float32(len(maps[i]))
			}
		}
		heat(sheet, mean, place.Add(image.Pt((heads+1)*stepX, 0)), gridH, gridW)
	}
	return sheet
}

// heat draws one map into a place.
func heat(sheet *image.RGBA, m []float32, place image.Rectangle, gridH, gridW int) {
	var most float32
	for _, v := range m {
		if finite(v) {
			most = max(most, v)
		}
	}
	if most == 0 {
		most = 1
	}
	w, h := place.Dx(), place.Dy()
	for y := range h {
		for x := range w {
			v := m[y*gridH/h*gridW+x*gridW/w]
			c := broken
			if finite(v) {
				c = Inferno.At(v / most)
			}
			sheet.SetRGBA(place.Min.X+x, place.Min.Y+y, c)
		}
	}
}
