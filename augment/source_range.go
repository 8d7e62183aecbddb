package augment

import "github.com/dinogpu/dinogpu/augment/decode"

// ranged gives a source's images with a range of sample values.
type ranged struct {
	Source
	values decode.Range
}

// WithRange is src with the sample values lo and hi, and those outside, as black and white, for images of more than 8 bits
// or of signed or float samples: microscopes, X-rays, satellites. Images of 8 bits are as they were.
func WithRange(src Source, lo, hi float64) Source { return ranged{src, decode.Range{Lo: lo, Hi: hi}} }

func (r ranged) Decode(i int) (*Image, error) { return r.decodeAs(i, decode.Options{}) }

func (r ranged) decodeAs(i int, o decode.Options) (*Image, error) {
	o.Range = &r.values
	return decodeAs(r.Source, i, o)
}

func (r ranged) remarks() []string { return Remarks(r.Source) }
