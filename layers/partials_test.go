package layers

import (
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestReducePartials(t *testing.T) {
	for _, c := range []struct{ S, M, N int }{{1, 1, 1}, {3, 5, 7}, {8, 96, 147}, {16, 33, 64}, {63, 3, 9}, {64, 1, 1}, {200, 5, 35}, {683, 1, 384}} {
		for _, accumulate := range []bool{false, true} {
			t.Run(fmt.Sprint(c, accumulate), func(t *testing.T) {
				eachTarget(t, func(t *testing.T, p *gpu.Program) {
					var in inputs
					reducePartials(p, in.noise("partials", c.S, c.M, (c.N+3)/4*4), in.noise("out", c.M, c.N), gpu.Tensor{}, c.S, accumulate)
					M := (c.M + 3) / 4 * 4
					partials := in.noise("with sums", c.S, M*((c.N+3)/4*4)+M)
					reducePartials(p, partials, in.noise("out", M, c.N), in.noise("sums", M), c.S, accumulate)
					in.check(t, p)
				})
			})
		}
	}
}
