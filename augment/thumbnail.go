package augment

import "math"

// Thumbnail is an image no larger than most x most pixels: the long side
// becomes most and the other follows, as Pillow's thumbnail makes it with
// the Lanczos filter. A smaller image stays as it is. The result may be the image
// itself.
func Thumbnail(im *Image, most int) *Image {
	w, h := ThumbnailSize(im.W, im.H, most)
	if w == im.W && h == im.H {
		return im
	}
	// A large image is first averaged in blocks, so that the filter looks at
	// about two pixels for each that it makes.
	whole := area{right: float64(im.W), bottom: float64(im.H)}
	if bw, bh := blockOf(im.W, w), blockOf(im.H, h); bw > 1 || bh > 1 {
		whole.right, whole.bottom = whole.right/float64(bw), whole.bottom/float64(bh)
		im = average(im, bw, bh)
	}
	out, s := NewImage(w, h), &scratch{}
	s.rows.by, s.cols.by = lanczos, lanczos
	resizeInto(out.Pix, im, whole, w, h, s)
	return out
}

// ThumbnailSize is what Thumbnail makes of a w x h image. Of the two whole
// sizes around the exact one it is that with the ratio nearer to the image's.
func ThumbnailSize(w, h, most int) (width, height int) {
	if w <= most && h <= most {
		return w, h
	}
	ratio, n := float64(w)/float64(h), float64(most)
	nearer := func(exact float64, off func(side float64) float64) int {
		low, high := math.Floor(exact), math.Ceil(exact)
		if off(high) < off(low) {
			low = high
		}
		return max(1, int(low))
	}
	if ratio <= 1 {
		return nearer(n*ratio, func(side float64) float64 { return math.Abs(ratio - side/n) }), most
	}
	return most, nearer(n/ratio, func(side float64) float64 {
		if side == 0 {
			return 0
		}
		return math.Abs(ratio - n/side)
	})
}

// blockOf is how many pixels of a line are averaged before it shrinks from
// one length to another.
func blockOf(from, to int) int { return max(1, int(float64(from)/float64(to)/2)) }

// average makes a pixel of each block of bw x bh, of what is left of one at
// the right and at the bottom, rounded as Pillow's reduce does.
func average(im *Image, bw, bh int) *Image {
	out := NewImage((im.W+bw-1)/bw, (im.H+bh-1)/bh)
	for y := range out.H {
		bottom := min(im.H, (y+1)*bh)
		for x := range out.W {
			right := min(im.W, (x+1)*bw)
			var sum [3]uint64
			for row := y * bh; row < bottom; row++ {
				line := im.Pix[(row*im.W+x*bw)*3 : (row*im.W+right)*3]
				for ; len(line) >= 3; line = line[3:] {
					sum[0] += uint64(line[0])
					sum[1] += uint64(line[1])
					sum[2] += uint64(line[2])
				}
			}
			n := uint64((bottom - y*bh) * (right - x*bw))
			for c, v := range sum {
				out.Pix[(y*out.W+x)*3+c] = uint8((v + n/2) * (1 << 24 / n) >> 24)
			}
		}
	}
	return out
}
