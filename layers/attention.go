package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Attention is softmax(q k^T / sqrt(head size)) v for each head of each image. qkv is (R, 3*D), a token holding
// [q, k, v][heads][head size]. No T x T matrix is ever made.
type Attention struct {
	Heads int

	spans  Spans
	qkv, o gpu.Tensor // kept by Forward for Backward
	lse    []gpu.Tensor
}

// Forward records the heads' outputs (R, D).
func (l *Attention) Forward(p *gpu.Program, qkv gpu.Tensor, spans Spans) gpu.Tensor {
	if !l.valid(p, qkv, spans) {
		return qkv
	}
	R, D := qkv.Rows(), qkv.Cols()/3
	l.qkv, l.o, l.lse = qkv, p.Scratch("attention", R, D), nil
	l.spans = l.dealOut(spans, p.Target.DispatchFlops)
	for _, s := range l.spans {
		lse := p.Scratch("attention.lse", s.B, l.Heads, s.T)
		l.lse = append(l.lse, lse)
		p.Dispatch(l.kernel(p, "attention_forward", 4, s, func(a [][]float32, only ...int) [][]int {
			ref.AttentionForward(s.of(a[1], D), a[2], s.of(a[0], 3*D), l.Heads, s.T, only...)
			return [][]int{nil, s.tokens(only, D, 0, D), s.heads(only, l.Heads)}
		}), qkv, l.o, lse)
	}
	return l.o
}

// dealOut cuts spans so that no dispatch has more FLOPs, 0: any number, as far as images can be told apart.
func (l *Attention) dealOut(spans Spans, most int) (cut Spans) {
	for _, s := range spans {
		images := 0
		if most > 0 {
			image := mostProducts * l.Heads * s.T * s.T * l.headSize()
			images = ceil(s.B, ceil(s.B, max(most/image, 1))) // in parts of equal size
		}
		cut = append(cut, Spans{s}.atMost(images)...)
	}
	return cut
}

// mostProducts is the number of multiplications per pair of tokens and head element in the kernel that has most.
const mostProducts = 8

// Backward records the gradient of qkv from that of the outputs, dO (R, D).
func (l *Attention) Backward(p *gpu.Program, dO gpu.Tensor) gpu.Tensor {
	H, D := l.Heads, dO.Cols()
	dqkv := p.Scratch("attention.dqkv", l.qkv.Shape...)
	for i, s := range l.spans {
		delta := p.Scratch("attention.delta", l.lse[i].Shape...)
		p.Dispatch(l.kernel(p, "attention_backward_query", 6, s, func(a [][]float32, only ...int) [][]int {
			ref.AttentionBackwardQuery(s.of(a[5], 3*D), a[4], s.of(a[0], 3*D), s.of(a[1], D), s.of(a[2], D), a[3], H, s.T, only...)
			return [][]int{nil, nil, nil, nil, s.heads(only, H), s.tokens(only, 3*D, 0, D)}
		}), l.qkv, l.o, dO, l.lse[i], delta, dqkv)
		p.Dispatch(l.kernel(p, "attention_backward_keyvalue", mostProducts, s, func(a [][]float32, only ...int) [][]int {
			ref.AttentionBackwardKeyvalue(s.of(a[4], 3*D), s.of(a[0], 3*D), s.of(a[1], D), a[2], a[3], H, s.T, only...)
			return [][]int{nil, nil, nil, nil, s.tokens(only, 3*D, D, 3*D)}
		}), l.qkv, dO, l.lse[i], delta, dqkv)
	}
	return dqkv
}

// Probabilities records how some tokens of images of one size attend to all of them in each head, (B, Q, H, T): the
// attention maps. queries are the Q tokens' numbers, the same in each image, as uint32; 0 is the class token.
func (l *Attention) Probabilities(p *gpu.Program, qkv gpu.Tensor, spans Spans, queries gpu.Tensor) gpu.Tensor {
	if !l.valid(p, qkv, spans) {
		return qkv
	}
	if len(spans) != 1 {
		p.Fail("attention: maps of images of %d sizes at once; they are made for one size", len(spans))
		return qkv
	}
	defer p.Section("attention")()
	B, Q, H, T := spans[0].B, queries.Len(), l.Heads, spans[0].T
	N, hd := B*Q*H, qkv.Cols()/3/H
	out := p.Scratch("attention.probabilities", B, Q, H, T)
	lanes, rows := rowArgs(p, 4*T)
	a := args{"HEADS": H, "HD": hd, "QUADS": hd / 4, "LANES": lanes, "ROWS": rows}
	p.Dispatch(newKernel("attention_probabilities", a, gpu.Kernel{
		Params: []uint32{uint32(N), uint32(T), uint32(Q)}, Groups: spread(ceil(N, rows)), Trips: 3 * ceil(T, lanes),
		Flops: 2 * N * T * hd, Tolerance: approximate,
		Twin: func(a [][]float32) { ref.AttentionProbabilities(a[2], a[0], gpu.Bits(a[1]), H, T) },
	}), qkv, queries, out)
	return out
}

func (l *Attention) valid(p *gpu.Program, qkv gpu.Tensor, spans Spans) bool {
	D := qkv.Cols() / 3
	if l.Heads < 1 || qkv.Rows() != spans.Rows() || qkv.Cols()%3 != 0 || D%l.Heads != 0 ||
		D/l.Heads%4 != 0 || D/l.Heads > 128 {
		p.Fail("attention: qkv %v does not fit %d heads and the tokens %v; the head size is a multiple of 4 up to 128",
			qkv.Shape, l.Heads, spans)
		return false
	}
	return true
}

// kernel specializes one of the three kernels that walk all tokens for each block of tokens that they hold. products is the
// multiplications per pair of tokens and per head element. work is the twin for all tokens or for some, and returns
// the elements that it made.
func (l *Attention) kernel(p *gpu.Program, name string, products int, s Span, work func(a [][]float32, only ...int) [][]int) gpu.Kernel {
	H, T, B := l.Heads, s.T, s.B
	hd := l.headSize()
	k := gpu.Kernel{
		Flops: products * B * H * T * T * hd, Tolerance: approximate,
		Twin:   func(a [][]float32) { work(a) },
		Sample: func(a [][]float32) [][]int { return work(a, ref.Some(T, products*B*H*T*hd/2, 4)...) },
	}
	switch p.Target.Attention {
	case gpu.TileAttention:
		return l.tileKernel(k, name, s)
	case gpu.TexelAttention:
		return l.texelKernel(k, name, s)
	}
	p.Fail("there is no attention kernel %q", p.Target.Attention)
	return k
}

func (l *Attention) headSize() int { return l.qkv.Cols() / 3 / l.Heads }

// tileKernel makes k the kernel of the tile member.
func (l *Attention) tileKernel(k gpu.Kernel, name string, s Span) gpu.Kernel {
	H, T, B, hd := l.Heads, s.T, s.B, l.headSize()
	a := attentionTile(hd)
	blocks := ceil(T, 32)
	k.Params = []uint32{uint32(B * H * blocks), uint32(T), uint32(blocks), uint32(s.First)}
	k.Groups = spread(B * H * blocks)
	// per turn of tokens: loops over the depth in steps of 2 vec4s at least, and twice over TX tokens at a time
	k.Trips = ceil(T, 4*a["TX"].(int)) * (1 + ceil(hd, 8) + 2*4)
	a["HEADS"], a["HD"] = H, hd
	return newKernel(name+"_tile", a, k)
}

// texelKernel makes k the kernel of the texel member.
func (l *Attention) texelKernel(k gpu.Kernel, name string, s Span) gpu.Kernel {
	H, T, B, hd := l.Heads, s.T, s.B, l.headSize()
	mine, each := attentionTexels(hd)
	blocks := ceil(T, mine)
	qkv, out := gpu.FoldOf(l.qkv), gpu.FoldOf(l.o)
	k.Params = []uint32{
		uint32(B * H * blocks), uint32(T), uint32(blocks), uint32(s.First), uint32(qkv.Shift), uint32(out.Shift),
	}
	k.Groups, k.Trips = spread(ceil(B*H*blocks, 8)), ceil(T, each)
	a := args{
		"HEADS": H, "HD": hd, "QUADS": hd / 4, "MINE": mine, "EACH": each,
		"Gradient": name == "attention_backward_keyvalue", "Flat": qkv.Flat || out.Flat,
	}
	if qkv.Flat || out.Flat {
		a["QKV_WIDTH"], a["OUT_WIDTH"] = qkv.Width(), out.Width()
	}
	return newKernel(name+"_texel", a, k)
}

// attentionTile says how the tile kernels divide a head of size hd: TX invocations side by side, each with QL vec4s of
// the head. Both gradients of keys and values with a block of each score stay in registers for QL up to 2.
func attentionTile(hd int) args {
	quads := hd / 4
	tx := max(8, ceil(quads, 8)*4)
	ql := ceil(quads, tx)
	return args{"QUADS": quads, "TX": tx, "QL": ql, "Padded": quads != tx*ql}
}

// attentionTexels says how many tokens an invocation of the texel kernels holds and how many it meets per turn. On a
// software adapter reads cost more than arithmetic, so it holds as many as compile in a few seconds (twice as many run a
// quarter faster and take three times as long to compile).
func attentionTexels(hd int) (mine, each int) {
	if hd > 64 {
		return 2, 1
	}
	return 4, 2
}
