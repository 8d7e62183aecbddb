package augment

import "math"

// Box is a rectangle of an image, in pixels.
type Box struct{ Left, Top, W, H int }

// defaultRatio is the reference code's range of a crop's width over height.
var defaultRatio = [2]float64{3.0 / 4, 4.0 / 3}

// RandomBox draws a crop of a w x h image as the reference code's
// RandomResizedCrop does: ten tries of an area uniform in scale (a share of
// the image's area) and a log-uniform ratio of width to height; the first
// that fits lies uniformly in the image. If none fits, the largest central
// box whose ratio is within bounds.
func RandomBox(w, h int, scale, ratio [2]float64, r *Rand) Box {
	area := float64(w) * float64(h)
	logLo, logHi := math.Log(ratio[0]), math.Log(ratio[1])
	for range 10 {
		a := area * r.Uniform(scale[0], scale[1])
		q := math.Exp(r.Uniform(logLo, logHi))
		// Python's round, which the reference code uses, rounds halves to even.
		cw := int(math.RoundToEven(math.Sqrt(a * q)))
		ch := int(math.RoundToEven(math.Sqrt(a / q)))
		if 0 < cw && cw <= w && 0 < ch && ch <= h {
			top := r.IntN(h - ch + 1)
			left := r.IntN(w - cw + 1)
			return Box{Left: left, Top: top, W: cw, H: ch}
		}
	}
	cw, ch := w, h
	switch in := float64(w) / float64(h); {
	case in < ratio[0]:
		ch = min(h, int(math.RoundToEven(float64(w)/ratio[0])))
	case in > ratio[1]:
		cw = min(w, int(math.RoundToEven(float64(h)*ratio[1])))
	}
	return Box{Left: (w - cw) / 2, Top: (h - ch) / 2, W: cw, H: ch}
}

// ResizedCrop cuts a box out first and then resizes it to w x h, so that no
// pixel outside the box has a say, byte for byte as Pillow's bicubic does.
func ResizedCrop(im *Image, b Box, w, h int) *Image {
	out := NewImage(w, h)
	resizedCropInto(out.Pix, im, b, w, h, &scratch{})
	return out
}

// scratch is one worker's memory for what a crop needs in between.
type scratch struct {
	rows, cols taps
	pairs      []twoPixels // two rows of the area
	line       []uint8     // two rows of the result, or of a crop with margins
	words      []uint64    // the area after the pass along its rows, or two crops with margins
}

// resizedCropInto is ResizedCrop into dst, w*h*3 bytes. The box counts the
// image's own pixels, also where decoding shrank it.
func resizedCropInto(dst []uint8, im *Image, b Box, w, h int, s *scratch) {
	if b.W == w && b.H == h && im.Shrunk <= 1 { // Pillow copies too
		for y := range h {
			copy(dst[y*w*3:(y+1)*w*3], im.Pix[((b.Top+y)*im.W+b.Left)*3:])
		}
		return
	}
	resizeInto(dst, im, place(im, b), w, h, s)
}
