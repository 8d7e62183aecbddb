package layers

import (
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestColumnsSum(t *testing.T) {
	for _, c := range []struct{ R, N int }{{1, 1}, {5, 7}, {100, 4}, {3, 1000}, {1001, 96}, {513, 147}, {20000, 5}, {100_000, 3}} {
		t.Run(fmt.Sprintf("R=%d,N=%d", c.R, c.N), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				columnsSum(p, in.noise("dy", c.R, c.N), in.noise("db", c.N))
				in.check(t, p)
			})
		})
	}
}
