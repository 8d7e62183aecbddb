package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"

	"golang.org/x/image/webp"
)

// decodeWebP gives a WebP's image, or the first of an animation on its canvas,
// which is black around it. x/image knows no animation, and has no use for alpha
// here: it is given the image's own chunk alone.
func decodeWebP(data []byte, o *work) (*Image, error) {
	f, err := firstWebP(data)
	if err != nil {
		return nil, err
	}
	file := []byte("RIFF\x00\x00\x00\x00WEBP")
	file = append(file, f.chunk...)
	binary.LittleEndian.PutUint32(file[4:], uint32(len(file)-8))
	conf, err := webp.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	w, h := max(f.w, f.left+conf.Width), max(f.h, f.top+conf.Height)
	// A single color takes no bits at all.
	if err := o.fits(w, h, 8*conf.Width*conf.Height, 1<<20); err != nil {
		return nil, err
	}
	src, err := webp.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	im, err := fromGo(src, nil)
	if err != nil {
		return nil, err
	}
	if im.W == w && im.H == h {
		return im, nil
	}
	canvas := NewImage(w, h)
	for y := range im.H {
		copy(canvas.Pix[3*((f.top+y)*w+f.left):], im.Pix[3*y*im.W:][:3*im.W])
	}
	return canvas, nil
}

// webpFrame is one image of a WebP file.
type webpFrame struct {
	chunk     []byte // VP8 or VP8L, its head included
	left, top int
	w, h      int // the canvas, 0 if there is none
}

// firstWebP finds the first image in a file.
func firstWebP(data []byte) (f webpFrame, err error) {
	three := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
	for rest := data[min(12, len(data)):]; len(rest) >= 8; {
		kind, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		if size > len(rest)-8 {
			return f, errCut
		}
		body := rest[8:][:size]
		switch {
		case kind == "VP8 " || kind == "VP8L":
			f.chunk = rest[: 8+size : 8+size]
			if size&1 != 0 {
				f.chunk = append(f.chunk, 0)
			}
			return f, nil
		case kind == "VP8X" && size >= 10:
			f.w, f.h = 1+three(body[4:]), 1+three(body[7:])
		case kind == "ANMF" && size >= 16:
			f.left, f.top = 2*three(body), 2*three(body[3:])
			rest = body[16:]
			continue
		}
		rest = rest[min(len(rest), 8+size+size&1):]
	}
	return f, errors.New("no image in it")
}

// fromWebP fills im from what a lossy WebP holds: luma and halved color, spread
// out and turned into RGB as libwebp does (dsp/upsampling.c, dsp/yuv.h).
func fromWebP(im *Image, s *image.YCbCr) {
	b := s.Rect
	cw, ch := over(im.W, 2), over(im.H, 2)
	cb, cr := make([]uint8, im.W), make([]uint8, im.W)
	for y := range im.H {
		at := s.YOffset(b.Min.X, b.Min.Y+y)
		near := y / 2
		far := min(max(near-1+y%2*2, 0), ch-1) // the line that this one leans to
		n, f := near*s.CStride, far*s.CStride
		webpSpread(cb, s.Cb[n:][:cw], s.Cb[f:][:cw])
		webpSpread(cr, s.Cr[n:][:cw], s.Cr[f:][:cw])
		webpRGB(im.Pix[y*im.W*3:][:im.W*3], s.Y[at:][:im.W], cb, cr)
	}
}

// webpSpread gives nine parts of the nearest sample, three of each neighbor
// and one of the one between those, in libwebp's order of rounding.
func webpSpread(dst, near, far []uint8) {
	last := len(near) - 1
	for x := range dst {
		c := x >> 1
		o := min(max(c-1+x%2*2, 0), last)
		a, b, d, e := int(near[c]), int(near[o]), int(far[c]), int(far[o])
		dst[x] = uint8(((a+b+d+e+8+2*(b+d))>>3 + a) >> 1)
	}
}

// webpRGB is libwebp's VP8YUVToR, G and B: BT.601 with luma from 16 to 235, in
// 14-bit fixed point.
func webpRGB(dst, y, cb, cr []uint8) {
	for i, v := range y {
		l, b, r := int32(v)*19077>>8, int32(cb[i]), int32(cr[i])
		d := dst[3*i:][:3]
		d[0] = byteOf((l + r*26149>>8 - 14234) >> 6)
		d[1] = byteOf((l - b*6419>>8 - r*13320>>8 + 8708) >> 6)
		d[2] = byteOf((l + b*33050>>8 - 17685) >> 6)
	}
}
