package augment

import "math"

// filter is one of Pillow's.
type filter int

const (
	bicubic filter = iota
	bilinear
	lanczos
)

// function is the filter itself, and how far it reaches.
func (f filter) function() (at func(float64) float64, reach float64) {
	switch f {
	case bilinear:
		return func(x float64) float64 { return max(0, 1-math.Abs(x)) }, 1
	case lanczos:
		return windowedSinc, lanczosReach
	}
	return cubic, 2
}

// cubic is the bicubic filter, 0 beyond 2. The conversions keep compilers from fusing
// multiply and add, which would round differently on some processors.
func cubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return float64(float64((float64((a+2)*x)-(a+3))*x)*x) + 1
	case x < 2:
		return (float64((float64((x-5)*x)+8)*x) - 4) * a
	}
	return 0
}

const lanczosReach = 3

// windowedSinc is the Lanczos filter, 0 beyond 3.
func windowedSinc(x float64) float64 {
	if x < -lanczosReach || x >= lanczosReach {
		return 0
	}
	return sinc(x) * sinc(x/lanczosReach)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}
