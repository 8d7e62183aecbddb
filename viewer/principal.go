package viewer

import (
	"image"
	"image/color"
)

// PrincipalColors are patch features' first three components (N, 3) as red, green and blue, each component from its least,
// 0, to its largest, 255. low and high are the components' bounds, of all images that are to be compared.
func PrincipalColors(scores []float64, low, high [3]float64) []color.RGBA {
	out := make([]color.RGBA, len(scores)/3)
	for i := range out {
		var c [3]uint8
		for k := range c {
			if high[k] > low[k] {
				v := (scores[3*i+k] - low[k]) / (high[k] - low[k])
				c[k] = uint8(min(max(v*255+0.5, 0), 255))
			}
		}
		out[i] = color.RGBA{c[0], c[1], c[2], 255}
	}
	return out
}

// Bounds are the least and the largest of each component of scores (N, 3).
func Bounds(scores []float64) (low, high [3]float64) {
	for i, v := range scores {
		k := i % 3
		if i < 3 || v < low[k] {
			low[k] = v
		}
		if i < 3 || v > high[k] {
			high[k] = v
		}
	}
	return low, high
}

// EnlargedColors draws the colors of patches (gridH, gridW), each as a square.
func EnlargedColors(colors []color.RGBA, gridH, gridW, patch int) *image.RGBA {
	checkGrid(len(colors), gridH, gridW)
	return squares(colors, gridH, gridW, patch)
}
