package gpu

import "math"

// NMSE is the mean square of got - want over the mean square of want. Elements with the same bits agree,
// whatever they are; a NaN or infinity on one side alone gives NaN.
func NMSE(got, want []float32) float64 {
	var s squares
	for i := range got {
		s.add(got[i], want[i])
	}
	return s.ratio()
}

// squares are the sums that NMSE divides.
type squares struct{ e, w float64 }

func (s *squares) add(got, want float32) {
	if math.Float32bits(got) == math.Float32bits(want) {
		if d := float64(want); !math.IsNaN(d) && !math.IsInf(d, 0) && math.Abs(d) > 1e-37 {
			s.w += d * d
		}
		return
	}
	d := float64(got) - float64(want)
	s.e += d * d
	s.w += float64(want) * float64(want)
}

func (s *squares) ratio() float64 {
	switch {
	case s.e == 0:
		return 0
	case s.w == 0:
		return math.Inf(1)
	}
	return s.e / s.w
}
