package augment

import "github.com/dinogpu/dinogpu/augment/decode"

// Pick is a view of src's images of these numbers, in this order. A number outside src is a programmer's mistake and
// panics where it is used.
func Pick(src Source, which []int) Source { return picked{Source: src, which: which} }

// picked shows images of a Source by a list of their numbers.
type picked struct {
	Source
	which []int
}

func (p picked) Len() int                     { return len(p.which) }
func (p picked) Name(i int) string            { return p.Source.Name(p.which[i]) }
func (p picked) Label(i int) int              { return p.Source.Label(p.which[i]) }
func (p picked) Decode(i int) (*Image, error) { return p.Source.Decode(p.which[i]) }

func (p picked) decodeAs(i int, o decode.Options) (*Image, error) {
	return decodeAs(p.Source, p.which[i], o)
}
