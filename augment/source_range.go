package augment

import (
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/augment/decode"
)

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

// RangeOf is what WithRange gave src, also where src is a part of that; ok is false where it gave nothing.
func RangeOf(src Source) (lo, hi float64, ok bool) {
	switch s := src.(type) {
	case ranged:
		return s.values.Lo, s.values.Hi, true
	case part:
		return RangeOf(s.Source)
	}
	return 0, 0, false
}

// FindRange looks at up to most images, spread evenly over src, for the least and the greatest of their samples. ok is
// false where none of them has samples of more than 8 bits, or signed or float ones. Images that cannot be read are passed
// over.
func FindRange(src Source, most int) (lo, hi float64, ok bool) {
	seen := &decode.Extent{}
	n := min(most, src.Len())
	for i := range n {
		at := i * src.Len() / n
		if ext := strings.ToLower(filepath.Ext(src.Name(at))); ext != ".png" && ext != ".tif" && ext != ".tiff" {
			continue // no other format has such samples
		}
		_, _ = decodeAs(src, at, decode.Options{Range: &decode.Range{Lo: 0, Hi: 1, Seen: seen}})
	}
	return seen.Least, seen.Greatest, seen.Any
}
