package ref

import "testing"

func TestRownormDifferences(t *testing.T) {
	const N, C = 3, 8
	x, dy := noise(1, N*C), noise(2, N*C)
	y, size, dx := make([]float32, N*C), make([]float32, N), make([]float32, N*C)
	RownormForward(y, size, x)
	RownormBackward(dx, dy, y, size)
	checkDifferences(t, "dx", dx, x, func() float64 {
		RownormForward(y, size, x)
		return inner(y, dy)
	})
}

// Below its clamp the length is a constant: the gradient is dy / 1e-12, as torch 1.13 gives it for these rows.
func TestRownormGradientBelowTheClamp(t *testing.T) {
	dy := []float32{1, -2, 3, 0.25}
	for _, scale := range []float32{3e-13, 1e-13, 1e-20, 0} {
		x := []float32{scale, 2 * scale, -scale, 0.5 * scale}
		y, size, dx := make([]float32, 4), make([]float32, 1), make([]float32, 4)
		RownormForward(y, size, x)
		RownormBackward(dx, dy, y, size)
		for i, want := range []float32{999999995904, -1999999991808, 3000000053248, 249999998976} {
			if d := dx[i] - want; d > 1e6 || d < -1e6 {
				t.Errorf("%v: dx[%d] is %.9g, want %.9g", x, i, dx[i], want)
			}
		}
	}
	// above it the part along y goes: torch's numbers again
	x, want := []float32{5e-12, 1e-11, -5e-12, 2.5e-12}, []float32{155199995904, -9600008192, 164800004096, 57600000000}
	y, size, dx := make([]float32, 4), make([]float32, 1), make([]float32, 4)
	RownormForward(y, size, x)
	RownormBackward(dx, dy, y, size)
	for i := range want {
		if d := dx[i] - want[i]; d > 1e6 || d < -1e6 {
			t.Errorf("%v: dx[%d] is %.9g, want %.9g", x, i, dx[i], want[i])
		}
	}
}

func TestWeightnormDifferences(t *testing.T) {
	const N, C = 3, 8
	v, g, dw := noise(1, N*C), noise(2, N), noise(3, N*C)
	w, size, dv, dg := make([]float32, N*C), make([]float32, N), make([]float32, N*C), make([]float32, N)
	f := func() float64 {
		WeightnormForward(w, size, v, g)
		return inner(w, dw)
	}
	f()
	WeightnormBackward(dv, dg, dw, v, g, size)
	checkDifferences(t, "dv", dv, v, f)
	checkDifferences(t, "dg", dg, g, f)
}

func TestTokensDifferences(t *testing.T) {
	const B, T, D = 2, 3, 4
	patches, class, positions, dx := noise(1, B*(T-1)*D), noise(2, D), noise(3, T*D), noise(4, B*T*D)
	x := make([]float32, B*T*D)
	f := func() float64 {
		TokensForward(x, patches, class, positions, D)
		return inner(x, dx)
	}
	dpatches, dclass, dpositions := make([]float32, len(patches)), make([]float32, D), make([]float32, T*D)
	TokensBackward(dpatches, dx, T, D)
	TokensBackwardPosition(dpositions, dclass, dx, false)
	checkDifferences(t, "dpatches", dpatches, patches, f)
	checkDifferences(t, "dclass", dclass, class, f)
	checkDifferences(t, "dpositions", dpositions, positions, f)
}

func TestPatchesGatherPlaces(t *testing.T) {
	images := make([]float32, 2*3*5*7)
	for i := range images {
		images[i] = float32(i)
	}
	out := make([]float32, 2*6*12)
	PatchesGather(out, images, 2, 5, 7, 2)
	// image 1, patch (1, 2): channel 2, bottom right pixel is at y = 3, x = 5
	if got, want := out[(6+5)*12+11], float32(((3+2)*5+3)*7+5); got != want {
		t.Errorf("the last element of the last patch is pixel %g, want %g", got, want)
	}
}
