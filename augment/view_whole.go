package augment

import "fmt"

// WholeSize is what WholeView makes of a w x h image: the short side becomes size, the other follows, and both are rounded
// to whole patches, one at least.
func WholeSize(w, h, size, patch int) (width, height int) {
	short := min(w, h)
	side := func(n int) int {
		return max(1, int(float64(n)*float64(size)/(float64(short)*float64(patch))+0.5)) * patch
	}
	return side(w), side(h)
}

// WholeView is all of an image for a backbone of such patches: resized (bicubic) to WholeSize, with no crop. An image of
// that size already is not resampled. It gives height*width*3 bytes, which may be the image's own. A side of more than
// most pixels is an error.
func WholeView(im *Image, size, patch, most int) (pix []uint8, width, height int, err error) {
	w, h := im.Size()
	width, height = WholeSize(w, h, size, patch)
	if width > most || height > most {
		return nil, 0, 0, fmt.Errorf("whole, its %d x %d pixels would become %d x %d, and a side has %d at most: cut it into parts, or lower `image_size`", w, h, width, height, most)
	}
	if im.W == width && im.H == height {
		return im.Pix, width, height, nil
	}
	return ResizedCrop(im, Box{W: w, H: h}, width, height).Pix, width, height, nil
}
