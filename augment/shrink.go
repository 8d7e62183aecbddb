package augment

import (
	"math"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// fileSource is a Source of files, which can be decoded smaller than they are and
// within bounds of memory.
type fileSource interface {
	decodeAs(i int, o decode.Options) (*Image, error)
}

// decodeAs is src.Decode(i), with options where the source takes them.
func decodeAs(src Source, i int, o decode.Options) (*Image, error) {
	if s, ok := src.(fileSource); ok {
		return s.decodeAs(i, o)
	}
	return src.Decode(i)
}

func (f *folder) decodeAs(i int, o decode.Options) (*Image, error) {
	return decodeFile(f.full(i), o, func() string { return f.gone(i) })
}

func (l *list) decodeAs(i int, o decode.Options) (*Image, error) {
	return decodeFile(l.full(l.paths[i]), o, func() string { return l.gone(i) })
}

func (p part) decodeAs(i int, o decode.Options) (*Image, error) {
	return decodeAs(p.Source, p.at(i), o)
}

// spare is how many times larger than its view the smallest crop must still be
// after shrinking. On photographs the smallest crops then differ by half a gray
// level on average from those of the whole image, at 1 by more than one.
const spare = 1.5

// shrink says how many times (1, 2, 4 or 8) smaller a w x h image may be
// decoded so that the smallest crop that the recipe can draw from it is still
// at least spare times as wide and as high as its view. It depends on nothing
// else, so that a crop is the same in every run.
func (r *Recipe) shrink(w, h int) int {
	by := 8
	for v := range min(r.Views(), 3) { // further views are local ones too
		k := r.Kind(v)
		cw, ch := k.smallest(w, h)
		room := min(cw, ch) / (float64(k.Size) * spare)
		for by > 1 && float64(by) > room {
			by /= 2
		}
	}
	return by
}

// smallest is the least width and the least height, in pixels, of the crops
// that RandomBox can draw from a w x h image.
func (k *Kind) smallest(w, h int) (cw, ch float64) {
	fw, fh := float64(w), float64(h)
	area := k.Scale[0] * fw * fh
	// What is drawn, and the fallback's box, which is as wide or as high as
	// the image.
	cw = min(math.Sqrt(area*k.Ratio[0]), fw, fh*k.Ratio[1])
	ch = min(math.Sqrt(area/k.Ratio[1]), fh, fw/k.Ratio[0])
	return math.Floor(cw), math.Floor(ch)
}

// place is where a box of the image's own pixels lies in what was decoded.
func place(im *Image, b Box) area {
	by := float64(max(1, im.Shrunk))
	return area{
		left: float64(b.Left) / by, top: float64(b.Top) / by,
		right: float64(b.Left+b.W) / by, bottom: float64(b.Top+b.H) / by,
	}
}
