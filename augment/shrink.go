package augment

import (
	"math"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// shrinking is a Source that can decode a picture smaller than it is, where
// the format can be and shrink allows it.
type shrinking interface {
	decodeShrunk(i int, shrink decode.Shrink) (*Image, error)
}

// decodeShrunk is src.Decode(i), by at most shrink times smaller.
func decodeShrunk(src Source, i int, shrink decode.Shrink) (*Image, error) {
	if s, ok := src.(shrinking); ok {
		return s.decodeShrunk(i, shrink)
	}
	return src.Decode(i)
}

func (f *folder) decodeShrunk(i int, shrink decode.Shrink) (*Image, error) {
	return decodeFile(f.full(i), shrink)
}

func (l *list) decodeShrunk(i int, shrink decode.Shrink) (*Image, error) {
	return decodeFile(l.full(l.paths[i]), shrink)
}

func (p part) decodeShrunk(i int, shrink decode.Shrink) (*Image, error) {
	return decodeShrunk(p.Source, p.at(i), shrink)
}

// spare is how many times larger than its view the smallest crop must still be
// after shrinking. On photographs the smallest crops then differ by half a grey
// level on average from those of the whole picture, at 1 by more than one.
const spare = 1.5

// shrink says how many times (1, 2, 4 or 8) smaller a w x h picture may be
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
// that RandomBox can draw from a w x h picture.
func (k *Kind) smallest(w, h int) (cw, ch float64) {
	fw, fh := float64(w), float64(h)
	area := k.Scale[0] * fw * fh
	// What is drawn, and the fallback's box, which is as wide or as high as
	// the picture.
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
