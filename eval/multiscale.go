package eval

import (
	"math"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// multiScales are those of the reference's multi-scale features.
var multiScales = []float64{1, 1 / math.Sqrt2, 0.5}

// repeated has each image of a source so many times in a row.
type repeated struct {
	augment.Source
	times int
}

func (r repeated) Len() int                             { return r.times * r.Source.Len() }
func (r repeated) Name(i int) string                    { return r.Source.Name(i / r.times) }
func (r repeated) Label(i int) int                      { return r.Source.Label(i / r.times) }
func (r repeated) Decode(i int) (*augment.Image, error) { return r.Source.Decode(i / r.times) }

// scaled is an image normalized and then resized, as PyTorch does it by a factor.
func scaled(im *augment.Image, scale float64, mean, std settings.RGB) view {
	values := make([]float32, 3*im.W*im.H)
	for c := range 3 {
		plane := values[c*im.W*im.H:][:im.W*im.H]
		for i := range plane {
			plane[i] = float32((float64(im.Pix[3*i+c])/255 - mean[c]) / std[c])
		}
	}
	resized, h, w := rescale(values, im.H, im.W, scale)
	return view{shape: shape{h, w}, values: resized}
}

// rescale resizes planes (C, h, w) by linear interpolation. Sizes round down, and places in the planes go by the scale
// itself, not by what the rounded sizes come to. Nothing is smoothed before.
func rescale(planes []float32, h, w int, scale float64) (resized []float32, height, width int) {
	if scale == 1 {
		return planes, h, w
	}
	height, width = int(float64(h)*scale), int(float64(w)*scale)
	rows, columns := linearTaps(h, height, scale), linearTaps(w, width, scale)
	for at := 0; at < len(planes); at += h * w {
		for _, y := range rows {
			upper, lower := planes[at+y.first*w:][:w], planes[at+y.second*w:][:w]
			for _, x := range columns {
				a := upper[x.first] + (upper[x.second]-upper[x.first])*x.share
				b := lower[x.first] + (lower[x.second]-lower[x.first])*x.share
				resized = append(resized, a+(b-a)*y.share)
			}
		}
	}
	return resized, height, width
}

// A linearTap is between which two pixels of a line one lies, and how far from the first.
type linearTap struct {
	first, second int
	share         float32
}

func linearTaps(from, to int, scale float64) []linearTap {
	taps := make([]linearTap, to)
	for i := range taps {
		at := max(0, (float64(i)+0.5)/scale-0.5)
		first := min(int(at), from-1)
		taps[i] = linearTap{first, min(first+1, from-1), float32(at - float64(first))}
	}
	return taps
}

// atOnce is the mean of an image's features at several scales, of length 1.
func atOnce(features [][]float32) []float32 {
	mean := make([]float32, len(features[0]))
	for _, f := range features {
		for k, v := range f {
			mean[k] += v / float32(len(features))
		}
	}
	toUnit(mean)
	return mean
}
