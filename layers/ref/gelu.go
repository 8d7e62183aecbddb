package ref

import "math"

// Gelu is x Phi(x), the exact form.
func Gelu(x float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) }

// GeluSlope is its derivative, Phi(x) + x phi(x).
func GeluSlope(x float64) float64 {
	return 0.5*(1+math.Erf(x/math.Sqrt2)) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}
