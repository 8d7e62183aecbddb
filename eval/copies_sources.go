package eval

import "github.com/dinogpu/dinogpu/augment"

// sourceRow is sources one behind the other, without labels.
type sourceRow []augment.Source

// at is where image i is: the source, and its number there.
func (r sourceRow) at(i int) (part, number int) {
	for part, s := range r {
		if i < s.Len() {
			return part, i
		}
		i -= s.Len()
	}
	panic("eval: an image behind the last of a row of sources")
}

func (r sourceRow) Len() int {
	n := 0
	for _, s := range r {
		n += s.Len()
	}
	return n
}

func (r sourceRow) Name(i int) string {
	part, number := r.at(i)
	return r[part].Name(number)
}

func (r sourceRow) Label(int) int     { return -1 }
func (r sourceRow) Classes() []string { return nil }

func (r sourceRow) Decode(i int) (*augment.Image, error) {
	part, number := r.at(i)
	return r[part].Decode(number)
}

// squares has a source's images resized to size x size pixels, whatever their ratio.
type squares struct {
	augment.Source
	size int
}

func (s squares) Decode(i int) (*augment.Image, error) {
	im, err := s.Source.Decode(i)
	if err != nil {
		return nil, err
	}
	return augment.ResizedCrop(im, augment.Box{W: im.W, H: im.H}, s.size, s.size), nil
}
