package layers

import (
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestLayerNorm(t *testing.T) {
	for _, c := range []struct{ N, C int }{{1, 4}, {3, 12}, {197, 384}, {37, 1000}, {2, 4096}, {2500, 20}} {
		t.Run(fmt.Sprintf("N=%d,C=%d", c.N, c.C), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				l := LayerNorm{Weight: in.noise("weight", c.C), Bias: in.noise("bias", c.C)}
				y := l.Forward(p, in.noise("x", c.N, c.C))
				dWeight, dBias := in.noise("dweight", c.C), in.noise("dbias", c.C)
				l.Backward(p, y, gpu.Tensor{}, dWeight, dBias)
				l.Backward(p, in.noise("dy", c.N, c.C), in.noise("residual", c.N, c.C), dWeight, dBias)
				in.check(t, p)
			})
		})
	}
}
