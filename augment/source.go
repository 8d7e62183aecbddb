package augment

import "fmt"

// Source is a numbered set of images. Len, Name, Label and Classes never
// change; every method may be called from several goroutines at once.
type Source interface {
	// Len is the number of images.
	Len() int
	// Name says which image i is: a path under the folder, or file#number.
	Name(i int) string
	// Label is the class of image i, or -1 where there is none.
	Label(i int) int
	// Classes gives the names of the classes, label 0 first; nil where the
	// source has labels without names, or none.
	Classes() []string
	// Decode reads image i. The caller owns the result.
	Decode(i int) (*Image, error)
}

// Slice is a view of src's images from <= i < to. Bounds outside src are a
// programmer's mistake and panic, as slicing does.
func Slice(src Source, from, to int) Source {
	if from < 0 || to < from || to > src.Len() {
		panic(fmt.Sprintf("augment: Slice %d:%d of a source of %d images", from, to, src.Len()))
	}
	return part{Source: src, from: from, n: to - from, step: 1, of: 1}
}

// Limit is a view of n of src's images, evenly spread over it, so that a
// folder sorted by class keeps images of all its classes. With n <= 0 or at
// least src.Len() it is src itself.
func Limit(src Source, n int) Source {
	if n <= 0 || n >= src.Len() {
		return src
	}
	return part{Source: src, n: n, step: src.Len(), of: n}
}

// part shows n images of a Source: number i is from + i*step/of there.
type part struct {
	Source
	from, n  int
	step, of int
}

func (p part) at(i int) int {
	if i < 0 || i >= p.n {
		panic(fmt.Sprintf("augment: image %d of a part of %d", i, p.n))
	}
	return p.from + i*p.step/p.of
}

func (p part) Len() int                     { return p.n }
func (p part) Name(i int) string            { return p.Source.Name(p.at(i)) }
func (p part) Label(i int) int              { return p.Source.Label(p.at(i)) }
func (p part) Decode(i int) (*Image, error) { return p.Source.Decode(p.at(i)) }
