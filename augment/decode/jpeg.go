package decode

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"sync"

	"github.com/gen2brain/jpegn"
)

// scanners are kept for their memory.
var scanners = sync.Pool{New: func() any { return &scanner{} }}

// decodeJPEG has jpegn decode, which is three times as fast as the standard
// library and shrinks within the inverse transform, as libjpeg does for Pillow's
// draft mode. It is used for the planes alone: which damage is told, which color
// they mean and how coarse ones are spread out is said here as libjpeg does.
func decodeJPEG(data []byte, o *work) (*Image, error) {
	f := &jpegFile{}
	if err := f.header(data); err != nil {
		return nil, err
	}
	by := 1
	if o.Shrink != nil {
		by = o.Shrink(f.w, f.h)
	}
	if err := o.fits(f.w, f.h, f.memory(by), 1024); err != nil {
		return nil, err
	}
	s := scanners.Get().(*scanner)
	err := f.check(s)
	scanners.Put(s)
	if err != nil {
		return nil, err
	}
	planes, err := f.planes(by)
	if err != nil {
		return nil, err
	}
	im := NewImage(over(f.w, by), over(f.h, by))
	if by > 1 {
		im.Shrunk, im.FullW, im.FullH = by, f.w, f.h
	}
	if o.as != asSaid {
		if o.as != gray && len(planes) < 3 {
			return nil, errors.New("a gray JPEG where colors are said to be")
		}
		join(im, planes[:min(3, len(planes))], o.as)
		return im, nil
	}
	join(im, planes, f.color())
	return im, nil
}

// memory is about how many bytes decoding takes, beside the file and the result.
func (f *jpegFile) memory(by int) int {
	samples := 0
	for _, c := range f.comps {
		samples += c.stride * f.mcusDown * c.v * 64
	}
	need := samples / (by * by)
	if f.progressive {
		need += 4 * samples // values of four bytes until the last scan
	}
	if len(f.comps) == 4 {
		need += 4 * f.w * f.h
	}
	return need
}

// color is what the planes mean, by libjpeg's rules (jdapimin.c).
func (f *frame) color() colorOf {
	switch {
	case len(f.comps) == 1:
		return gray
	case len(f.comps) == 4 && f.adobe <= 0:
		return cmyk
	case len(f.comps) == 4:
		return ycck
	case f.jfif || f.adobe > 0:
		return ycc
	case f.adobe == 0 || f.named("RGB"):
		return rgb
	}
	return ycc
}

// named tells whether the components have these names.
func (f *frame) named(names string) bool {
	for i, c := range f.comps {
		if c.id != int(names[i]) {
			return false
		}
	}
	return true
}

// sampled tells whether the components are sampled so, as 0x21 for 2 across and 1 down.
func (f *frame) sampled(as ...int) bool {
	return slices.EqualFunc(f.comps, as, func(c *component, as int) bool { return c.h<<4|c.v == as })
}

// planes decodes the image's components, by times smaller than they are.
func (f *jpegFile) planes(by int) ([]plane, error) {
	switch n := len(f.comps); {
	case n == 1:
		src, err := f.jpegn("\x01", by)
		if err != nil {
			return nil, err
		}
		g, ok := src.(*image.Gray)
		if !ok {
			return nil, fmt.Errorf("jpegn gives %T", src)
		}
		return f.planesOf(by, g.Stride, g.Pix), nil
	case n == 3 && (f.sampled(0x11, 0x11, 0x11) || f.sampled(0x21, 0x11, 0x11) || f.sampled(0x22, 0x11, 0x11) ||
		f.sampled(0x12, 0x11, 0x11) || f.sampled(0x41, 0x11, 0x11) || f.sampled(0x42, 0x11, 0x11)):
		src, err := f.jpegn("\x01\x02\x03", by)
		if err != nil {
			return nil, err
		}
		s, ok := src.(*image.YCbCr)
		if !ok {
			return nil, fmt.Errorf("jpegn gives %T", src)
		}
		p := f.planesOf(by, s.YStride, s.Y, s.Cb, s.Cr)
		p[1].stride, p[2].stride = s.CStride, s.CStride
		return p, nil
	case n == 3 && !slices.ContainsFunc(f.comps, func(c *component) bool { return c.h == 3 || c.v == 3 }):
		// Other samplings jpegn gives enlarged only, each sample repeated, in what
		// it takes for red, green and blue.
		src, err := f.jpegn("RGB", by)
		if err != nil {
			return nil, err
		}
		s, ok := src.(*image.RGBA)
		if !ok {
			return nil, fmt.Errorf("jpegn gives %T", src)
		}
		return f.pick(by, s.Pix, s.Stride, false), nil
	case n == 4 && by == 1 && (f.sampled(0x11, 0x11, 0x11, 0x11) || f.sampled(0x22, 0x11, 0x11, 0x22)):
		src, err := jpeg.Decode(bytes.NewReader(f.rewritten("\x01\x02\x03\x04")))
		if err != nil {
			return nil, err
		}
		s, ok := src.(*image.CMYK)
		if !ok {
			return nil, fmt.Errorf("image/jpeg gives %T", src)
		}
		return f.pick(1, s.Pix, s.Stride, true), nil
	}
	return nil, unread("JPEG whose colors are sampled in an unusual way", "convert OLD NEW.jpg")
}

// jpegn decodes the file as if its components had these names.
func (f *jpegFile) jpegn(names string, by int) (image.Image, error) {
	data := f.data
	ycc := f.adobe != 0 && !f.named("RGB") // what jpegn takes for it
	if f.stray || len(f.comps) == 3 && ycc != (names != "RGB") {
		data = f.rewritten(names)
	}
	return jpegn.Decode(bytes.NewReader(data), &jpegn.Options{ScaleDenom: by})
}

// planesOf says of each component's samples what they are.
func (f *jpegFile) planesOf(by, stride int, samples ...[]uint8) []plane {
	planes := make([]plane, len(samples))
	for i, pix := range samples {
		c := f.comps[i]
		w, h := f.size(c)
		planes[i] = plane{pix: pix, stride: stride, w: over(w, by), h: over(h, by), across: f.wide / c.h, down: f.high / c.v}
	}
	return planes
}

// pick takes components out of pixels of four bytes, where each sample of a
// coarse one stands several times.
func (f *jpegFile) pick(by int, pix []uint8, stride int, inverted bool) []plane {
	planes := f.planesOf(by, 0, make([][]uint8, len(f.comps))...)
	for i := range planes {
		p := &planes[i]
		p.stride, p.pix = p.w, make([]uint8, p.w*p.h)
		for y := range p.h {
			row := pix[y*p.down*stride+i:]
			for x := range p.w {
				v := row[4*x*p.across]
				if inverted {
					v = 255 - v
				}
				p.pix[y*p.w+x] = v
			}
		}
	}
	return planes
}

// rewritten is the file without what decoding does not need, its components
// called by these names, four of them said to be no YCCK.
func (f *jpegFile) rewritten(names string) []byte {
	out := make([]byte, 0, len(f.data)+64)
	out = append(out, 0xff, 0xd8)
	if len(names) == 4 {
		out = append(out, "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"...)
	}
	for _, p := range f.parts {
		at := len(out)
		out = append(out, f.data[p.from:p.to]...)
		switch b := out[at+4:]; p.marker {
		case 0xc0, 0xc1, 0xc2:
			for i := range f.comps {
				b[6+3*i] = names[i]
			}
		case 0xda:
			var taken []*component
			for i := range int(b[0]) {
				c := f.find(int(b[1+2*i]), taken)
				taken = append(taken, c)
				b[1+2*i] = names[slices.Index(f.comps, c)]
			}
		}
	}
	return append(out, 0xff, 0xd9)
}
