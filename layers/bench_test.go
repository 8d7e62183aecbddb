package layers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/shaders"
)

func TestBenchFMA(t *testing.T) {
	for _, chains := range []int{4, 8, 12, 16} {
		t.Run(fmt.Sprint(chains), func(t *testing.T) {
			p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
			var in inputs
			BenchFMA(p, chains, in.noise("out", 192))
			if n := strings.Count(p.Kernels()[0].Source, "= fma("); n != chains*fmaSteps {
				t.Errorf("%d fma in a turn, want %d", n, chains*fmaSteps)
			}
			in.check(t, p)
		})
	}
}

func TestBenchCopy(t *testing.T) {
	for _, n := range []int{4, 1004, 1 << 20, 4*workgroup*shaders.GroupsPerRow + 1000} { // the last in a folded grid
		p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
		var in inputs
		BenchCopy(p, in.noise("x", n), in.noise("out", n))
		in.check(t, p)
	}
}
