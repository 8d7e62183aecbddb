package layers

import (
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestClassRows(t *testing.T) {
	for _, c := range []struct{ B, T, D int }{{1, 1, 4}, {3, 5, 12}, {7, 37, 192}} {
		var in inputs
		p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
		allRows(p, classRows(p, in.noise("x", c.B*c.T, c.D), c.T), c.T)
		in.check(t, p)
	}
}
