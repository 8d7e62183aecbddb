package eval

import (
	"fmt"
	"math"
)

// Features are N vectors of Dim values, row by row, with a label and perhaps a name each.
type Features struct {
	Values []float32
	Labels []int
	Names  []string // may be empty
	Dim    int
}

// Len is the number of vectors.
func (f Features) Len() int { return len(f.Values) / max(1, f.Dim) }

// check returns an error if lengths do not match, a value is not finite, or a label is not from least to classes - 1. what
// names the features.
func (f Features) check(what string, least, classes int) error {
	switch {
	case f.Dim < 1 || len(f.Values) == 0 || len(f.Values)%f.Dim != 0:
		return fmt.Errorf("%s: %d values are not rows of %d", what, len(f.Values), f.Dim)
	case len(f.Labels) != f.Len():
		return fmt.Errorf("%s: %d features have %d labels", what, f.Len(), len(f.Labels))
	case len(f.Names) != 0 && len(f.Names) != f.Len():
		return fmt.Errorf("%s: %d features have %d names", what, f.Len(), len(f.Names))
	}
	for i, l := range f.Labels {
		if l < least || l >= classes {
			return fmt.Errorf("%s: the label of %s is %d, there are %d classes", what, f.name(i), l, classes)
		}
	}
	for i, v := range f.Values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("%s: the features of %s are not finite", what, f.name(i/f.Dim))
		}
	}
	return nil
}

func (f Features) name(i int) string {
	if i < len(f.Names) {
		return f.Names[i]
	}
	return fmt.Sprintf("image %d", i)
}

// unit returns the vectors scaled to length 1, each padded with zeros to stride values. A vector of zeros stays.
func (f Features) unit(stride int) []float32 {
	out := make([]float32, f.Len()*stride)
	for i := range f.Len() {
		copy(out[i*stride:], f.Values[i*f.Dim:(i+1)*f.Dim])
		toUnit(out[i*stride : i*stride+f.Dim])
	}
	return out
}

// toUnit scales a vector to length 1; one of zeros stays.
func toUnit(row []float32) {
	var norm float64
	for _, v := range row {
		norm += float64(v) * float64(v)
	}
	if norm == 0 {
		return
	}
	norm = math.Sqrt(norm)
	for j, v := range row {
		row[j] = float32(float64(v) / norm)
	}
}
