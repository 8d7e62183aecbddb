package layers

import (
	"errors"
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestAttention(t *testing.T) {
	for _, c := range []struct{ B, T, H, D int }{
		{3, 2, 1, 4}, {2, 17, 3, 32}, {3, 5, 2, 12}, {2, 39, 1, 64}, {1, 23, 1, 128}, {1, 197, 1, 64},
	} {
		t.Run(fmt.Sprintf("B=%d,T=%d,H=%d,hd=%d", c.B, c.T, c.H, c.D), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				l := Attention{Heads: c.H}
				spans := Spans{{B: c.B, T: c.T}}
				qkv := in.noise("qkv", c.B*c.T, 3*c.H*c.D)
				l.Forward(p, qkv, spans)
				l.Backward(p, in.noise("dO", c.B*c.T, c.H*c.D))
				l.Probabilities(p, qkv, spans)
				in.check(t, p)
			})
		})
	}
}

// Pictures of two sizes side by side, the second at a row that is no multiple of anything.
func TestAttentionOfTwoSizes(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		l, spans := Attention{Heads: 3}, Spans{{B: 3, T: 17}, {First: 51, B: 5, T: 6}}
		l.Forward(p, in.noise("qkv", 81, 3*24), spans)
		l.Backward(p, in.noise("dO", 81, 24))
		in.check(t, p)
	})
}

// A token alone attends to itself: o = v, dv = dO, and dq = dk = 0, of which only rounding is left.
func TestAttentionOfOneToken(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		l, spans := Attention{Heads: 2}, Spans{{B: 3, T: 1}}
		qkv, dO := in.noise("qkv", 3, 24), in.noise("dO", 3, 8)
		o := p.Pin(l.Forward(p, qkv, spans))
		dqkv := p.Pin(l.Backward(p, dO))
		gotO, got := make([]float32, 24), make([]float32, 72)
		err := in.run(p, func() error { return errors.Join(p.Run(), p.Read(o, gotO), p.Read(dqkv, got)) })
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float32, 72)
		wantO := make([]float32, 24)
		for b := range 3 {
			copy(wantO[b*8:b*8+8], in[0].value[b*24+16:])
			copy(want[b*24+16:b*24+24], in[1].value[b*8:])
		}
		if e := gpu.NMSE(gotO, wantO); e > exact {
			t.Errorf("o is off by %g", e)
		}
		if e := gpu.NMSE(got, want); e > exact {
			t.Errorf("dqkv is off by %g", e)
		}
	})
}

func TestAttentionShape(t *testing.T) {
	p := gpu.NewProgram("attention", gpu.SoftwareTarget)
	l := Attention{Heads: 2}
	if l.Forward(p, gpu.NewTensor("qkv", 5, 36), Spans{{B: 1, T: 5}}); p.Err() == nil {
		t.Error("a head size of 6 was recorded")
	}
}
