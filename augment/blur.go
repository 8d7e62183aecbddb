package augment

import "math"

// Blur is Pillow's GaussianBlur of radius sigma pixels, byte for byte: three
// box blurs along each row and then three along each column, where a box may
// end in a fraction of a pixel (Gwosdek and others, "Theoretical foundations
// of Gaussian convolution by extended box filtering", 2011). It works in place
// on a w x h crop of interleaved RGB; pixels beyond the border repeat it.
func Blur(pix []uint8, w, h int, sigma float64) {
	blurInto(pix, w, h, sigma, &scratch{})
}

// blurInto is Blur with a worker's own memory.
func blurInto(pix []uint8, w, h int, sigma float64, s *scratch) {
	if w <= 0 || h <= 0 || sigma <= 0 {
		return
	}
	box := newBox(sigma)
	if box.radius <= 1 {
		box.narrow(pix, w, h, s)
		return
	}
	s.line = grow(s.line, 2*(max(w, h)+2*(box.radius+1)))
	for c := range 3 {
		for y := range h {
			box.blur3(pix[y*w*3+c:], w, 3, s.line)
		}
	}
	for c := range 3 {
		for x := range w {
			box.blur3(pix[x*3+c:], h, w*3, s.line)
		}
	}
}

// box is one box filter in 8.24 fixed point: 2*radius+1 pixels of weight ww,
// and one more at either end of weight fw.
type box struct {
	radius int
	ww, fw uint32
}

// newBox gives the box that, used three times, has a Gaussian's variance.
// Names and precision are those of Pillow's BoxBlur.c.
func newBox(sigma float64) box {
	sigma2 := float32(sigma) * float32(sigma) / 3
	length := float32(math.Sqrt(12.0*float64(sigma2) + 1.0))
	l := float32(math.Floor((float64(length) - 1) / 2))
	a := float32((2*l + 1) * float32(float32(l*(l+1))-float32(3*sigma2)))
	a /= 6 * (sigma2 - float32((l+1)*(l+1)))
	radius := l + a
	b := box{radius: int(radius), ww: uint32(float32(1<<24) / float32(float32(radius*2)+1))}
	b.fw = (1<<24 - uint32(b.radius*2+1)*b.ww) / 2
	return b
}

// blur3 runs the box three times over n bytes that lie stride apart. Between
// the passes the line lies between two margins that repeat its ends, so that
// the running sum needs no cases at the borders; line must hold twice
// n + 2*(radius+1) bytes.
func (b box) blur3(pix []uint8, n, stride int, line []uint8) {
	m := b.radius + 1
	from, to := line[:n+2*m], line[n+2*m:][:n+2*m]
	for i := range n {
		from[m+i] = pix[i*stride]
	}
	for range 3 {
		first, last := from[m], from[m+n-1]
		for i := range m {
			from[i], from[m+n+i] = first, last
		}
		b.pass(to[m:][:n], from)
		from, to = to, from
	}
	for i, v := range from[m:][:n] {
		pix[i*stride] = v
	}
}

// pass runs the box once, from a line with margins of radius+1 bytes to one
// without.
func (b box) pass(dst, src []uint8) {
	m := b.radius + 1
	var sum uint32 // of the 2*radius+1 bytes around the pixel
	for _, v := range src[:2*m-1] {
		sum += uint32(v)
	}
	// The pixels radius+1 to the left, radius and radius+1 to the right.
	left, in, right := src[:len(dst)], src[2*m-1:][:len(dst)], src[2*m:][:len(dst)]
	for i := range dst {
		sum += uint32(in[i]) - uint32(left[i])
		far := uint32(left[i]) + uint32(right[i])
		dst[i] = uint8((sum*b.ww + far*b.fw + 1<<23) >> 24)
	}
}
