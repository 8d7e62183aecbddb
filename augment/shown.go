package augment

// ShownSize is what [Shown] makes of a w x h image: the short side becomes short, and the long side follows, cut to whole
// pixels.
func ShownSize(w, h, short int) (width, height int) {
	if w <= h {
		return short, max(short, int(float64(short)*float64(h)/float64(w)))
	}
	return max(short, int(float64(short)*float64(w)/float64(h))), short
}

// Shown is an image as attention is shown on it: resized so that its short side is short, byte for byte as Pillow's
// bilinear filter does, which the reference's visualize_attention uses. An image of that size already stays as it is.
func Shown(im *Image, short int) *Image {
	w, h := im.Size()
	width, height := ShownSize(w, h, short)
	if im.W == width && im.H == height {
		return im
	}
	return resizedBilinear(im, width, height)
}

// resizedBilinear resizes all of an image.
func resizedBilinear(im *Image, w, h int) *Image {
	out := NewImage(w, h)
	s := &scratch{}
	s.rows.by, s.cols.by = bilinear, bilinear
	resizeInto(out.Pix, im, area{right: float64(im.W), bottom: float64(im.H)}, w, h, s)
	return out
}

// Square is the middle of an image as people are shown it: the largest square in it, resized to size x size pixels by
// Pillow's bilinear filter.
func Square(im *Image, size int) *Image {
	side := min(im.W, im.H)
	left, top := (im.W-side)/2, (im.H-side)/2
	cut := NewImage(side, side)
	for y := range side {
		copy(cut.Pix[3*y*side:][:3*side], im.Pix[3*((top+y)*im.W+left):])
	}
	return Shown(cut, size)
}
