package layers

import (
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestAttention(t *testing.T) {
	for _, c := range []struct{ B, T, H, D int }{
		{1, 1, 1, 4}, {2, 17, 3, 32}, {3, 5, 2, 12}, {1, 37, 6, 64}, {1, 66, 1, 128}, {1, 197, 1, 64},
	} {
		t.Run(fmt.Sprintf("B=%d,T=%d,H=%d,hd=%d", c.B, c.T, c.H, c.D), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				l := Attention{Heads: c.H, Tokens: c.T}
				qkv := in.noise("qkv", c.B*c.T, 3*c.H*c.D)
				l.Forward(p, qkv)
				if c.T > 1 { // of one token dq is zero, and its rounding noise has nothing to be held beside
					l.Backward(p, in.noise("dO", c.B*c.T, c.H*c.D))
				}
				l.Probabilities(p, qkv)
				in.check(t, p)
			})
		})
	}
}

func TestAttentionShape(t *testing.T) {
	p := gpu.NewProgram("attention", gpu.SoftwareTarget)
	l := Attention{Heads: 2, Tokens: 5}
	if l.Forward(p, gpu.NewTensor("qkv", 5, 36)); p.Err() == nil {
		t.Error("a head size of 6 was recorded")
	}
}
