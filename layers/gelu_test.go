package layers

import (
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestGelu(t *testing.T) {
	for _, n := range []int{4, 252, 256, 1028} {
		var in inputs
		p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
		geluForward(p, in.noise("x", n/4, 4))
		in.check(t, p)
	}
}
