package layers

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Token counts that fill no tile, one and several, those of models among them. Compiling a size takes seconds on a
// software adapter: one head size of each way of sharing a head out, and what follows shares its kernels.
func TestAttention(t *testing.T) {
	for _, c := range []struct {
		B, T, H, D int
		tile       bool // whatever the target
	}{
		{B: 3, T: 2, H: 1, D: 4},
		{B: 3, T: 5, H: 2, D: 12},
		{B: 2, T: 37, H: 2, D: 32},
		{B: 1, T: 785, H: 2, D: 32},
		{B: 1, T: 3, H: 2, D: 64},
		{B: 2, T: 65, H: 2, D: 64},
		{B: 1, T: 197, H: 2, D: 64},
		{B: 1, T: 23, H: 1, D: 128},
		{B: 1, T: 70, H: 1, D: 128},
		{B: 1, T: 39, H: 2, D: 36, tile: true},
		{B: 1, T: 67, H: 1, D: 80, tile: true},
	} {
		t.Run(fmt.Sprintf("B=%d,T=%d,H=%d,hd=%d", c.B, c.T, c.H, c.D), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				if c.tile {
					p.Target = gpu.GPUTarget // the texel kernels share no head out
				}
				var in inputs
				l := Attention{Heads: c.H}
				spans := Spans{{B: c.B, T: c.T}}
				qkv := in.noise("qkv", c.B*c.T, 3*c.H*c.D)
				l.Forward(p, qkv, spans)
				l.Backward(p, in.noise("dO", c.B*c.T, c.H*c.D))
				queries := []uint32{uint32(c.T - 1), 0, uint32(c.T / 2)}
				l.Probabilities(p, qkv, spans, in.values("queries", bits(queries...), 3))
				l.Probabilities(p, qkv, spans, in.values("query", bits(queries[1]), 1))
				in.check(t, p)
			})
		})
	}
}

// Scores of hundreds pass through exp without infinities or zeros in the wrong place.
func TestAttentionOfLargeScores(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		l := Attention{Heads: 1}
		qkv := in.noise("qkv", 70, 3*16)
		for n := range in[0].value {
			if n%48 < 32 {
				in[0].value[n] *= 10
			}
		}
		l.Forward(p, qkv, Spans{{B: 1, T: 70}})
		l.Backward(p, in.noise("dO", 70, 16))
		in.check(t, p)
	})
}

// mostTokens is what one invocation's loops still hold.
const mostTokens = 16384

// The first workgroup walks the most tokens there may be, in each kernel.
func TestAttentionOfMostTokens(t *testing.T) {
	const T, D = mostTokens, 16
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		qkv, dO := in.noise("qkv", T, 3*D), in.noise("dO", T, D)
		lses, deltas := in.noise("lse", 1, 1, T), in.noise("delta", 1, 1, T)
		for i := range in[2].value {
			in[2].value[i] = in[2].value[i]/10 + 10.2 // about log(T) + 0.5
		}
		l, span := Attention{Heads: 1, qkv: qkv}, Span{B: 1, T: T}
		var only []int
		for t := range 32 { // tokens of a workgroup
			only = append(only, t)
		}
		first := func(k gpu.Kernel) gpu.Kernel {
			k.Groups = [3]int{1, 1, 1}
			return k
		}
		o, lse := p.Scratch("o", T, D), p.Scratch("lse", 1, 1, T)
		l.o = o
		delta, dqkv := p.Scratch("delta", 1, 1, T), p.Scratch("dqkv", T, 3*D)
		for _, tensor := range []gpu.Tensor{o, lse, delta, dqkv} {
			p.Clear(tensor)
		}
		p.Dispatch(first(l.kernel(p, "attention_forward", 4, span, func(a [][]float32, _ ...int) [][]int {
			ref.AttentionForward(a[1], a[2], a[0], 1, T, only...)
			return nil
		})), qkv, o, lse)
		p.Dispatch(first(l.kernel(p, "attention_backward_query", 6, span, func(a [][]float32, _ ...int) [][]int {
			ref.AttentionBackwardQuery(a[5], a[4], a[0], a[1], a[2], a[3], 1, T, only...)
			return nil
		})), qkv, o, dO, lses, delta, dqkv)
		p.Dispatch(first(l.kernel(p, "attention_backward_keyvalue", 8, span, func(a [][]float32, _ ...int) [][]int {
			ref.AttentionBackwardKeyvalue(a[4], a[0], a[1], a[2], a[3], 1, T, only...)
			return nil
		})), qkv, dO, lses, deltas, dqkv)
		in.check(t, p)
	})
}

// Recording refuses a kernel with too many loop turns, too much workgroup memory or too many bindings.
func TestAttentionRecordsMostTokens(t *testing.T) {
	for name, target := range targets {
		for hd := 4; hd <= 128; hd += 4 {
			p := gpu.NewProgram(name, target)
			l, spans := Attention{Heads: 1}, Spans{{B: 1, T: mostTokens}}
			qkv := gpu.NewTensor("qkv", mostTokens, 3*hd)
			l.Forward(p, qkv, spans)
			l.Backward(p, gpu.NewTensor("dO", mostTokens, hd))
			l.Probabilities(p, qkv, spans, gpu.NewTensor("queries", 1))
			if p.Err() != nil {
				t.Errorf("%s, head size %d: %v", name, hd, p.Err())
			}
		}
	}
}

// Images of two sizes side by side, the second at a row that is no multiple of anything.
func TestAttentionOfTwoSizes(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		l, spans := Attention{Heads: 2}, Spans{{B: 3, T: 17}, {First: 51, B: 5, T: 6}}
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

// The attention's member does not follow the matmul's, whatever is measured or forced for that.
func TestAttentionIsChosenByItself(t *testing.T) {
	for _, matmul := range []gpu.Matmul{gpu.Tile, gpu.Register, gpu.Texel} {
		for _, attention := range []gpu.Attention{gpu.TileAttention, gpu.TexelAttention} {
			for _, software := range []bool{false, true} {
				p := gpu.NewProgram(t.Name(), gpu.Target{Software: software, Matmul: matmul, Attention: attention})
				l := Attention{Heads: 2}
				qkv := gpu.NewTensor("qkv", 16, 3*16)
				o := l.Forward(p, qkv, Spans{{B: 2, T: 8}})
				l.Backward(p, MatMul(p, NN, o, gpu.NewTensor("w", 16, 16), p.Scratch("y", 16, 16), Epilogue{}))
				var got []string
				p.Each(func(k gpu.Kernel, _ []gpu.Tensor) { got = append(got, k.Name) })
				want := []string{
					"attention_forward_" + string(attention), "matmul_" + string(matmul),
					"attention_backward_query_" + string(attention), "attention_backward_keyvalue_" + string(attention),
				}
				if p.Err() != nil || !slices.Equal(got, want) {
					t.Errorf("recorded %v, want %v: %v", got, want, p.Err())
				}
			}
		}
	}
	p := gpu.NewProgram(t.Name(), gpu.Target{Matmul: gpu.Tile, Attention: "flash"})
	(&Attention{Heads: 2}).Forward(p, gpu.NewTensor("qkv", 16, 3*16), Spans{{B: 2, T: 8}})
	if p.Err() == nil || !strings.Contains(p.Err().Error(), "flash") {
		t.Errorf("an unknown member gives %v", p.Err())
	}
}
