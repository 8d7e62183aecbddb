package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Attention is softmax(q k^T / sqrt(head size)) v for each head of each picture. qkv is (B*T, 3*D), a token
// holding [q, k, v][heads][head size]. No T x T matrix is ever made.
type Attention struct {
	Heads, Tokens int

	qkv, o, lse gpu.Tensor // kept by Forward for Backward
}

// Forward records the heads' outputs (B*T, D).
func (l *Attention) Forward(p *gpu.Program, qkv gpu.Tensor) gpu.Tensor {
	if !l.valid(p, qkv) {
		return qkv
	}
	N, D := qkv.Rows(), qkv.Cols()/3
	B, H, T := N/l.Tokens, l.Heads, l.Tokens
	l.qkv, l.o, l.lse = qkv, p.Scratch("attention", N, D), p.Scratch("attention.lse", B, H, T)
	p.Dispatch(l.kernel(p, "attention_forward", 4, func(a [][]float32) {
		ref.AttentionForward(a[1], a[2], a[0], H, T)
	}), qkv, l.o, l.lse)
	return l.o
}

// Backward records the gradient of qkv from that of the outputs, dO (B*T, D).
func (l *Attention) Backward(p *gpu.Program, dO gpu.Tensor) gpu.Tensor {
	H, T := l.Heads, l.Tokens
	delta := p.Scratch("attention.delta", l.lse.Shape...)
	dqkv := p.Scratch("attention.dqkv", l.qkv.Shape...)
	p.Dispatch(l.kernel(p, "attention_backward_query", 6, func(a [][]float32) {
		ref.AttentionBackwardQuery(a[5], a[4], a[0], a[1], a[2], a[3], H, T)
	}), l.qkv, l.o, dO, l.lse, delta, dqkv)
	p.Dispatch(l.kernel(p, "attention_backward_keyvalue", 8, func(a [][]float32) {
		ref.AttentionBackwardKeyvalue(a[4], a[0], a[1], a[2], a[3], H, T)
	}), l.qkv, dO, l.lse, delta, dqkv)
	return dqkv
}

// Probabilities records how each head's CLS query attends to the tokens, (B, H, T): the attention maps.
func (l *Attention) Probabilities(p *gpu.Program, qkv gpu.Tensor) gpu.Tensor {
	if !l.valid(p, qkv) {
		return qkv
	}
	H, T := l.Heads, l.Tokens
	N, hd := qkv.Rows()/T*H, qkv.Cols()/3/H
	out := p.Scratch("attention.probabilities", N/H, H, T)
	lanes, rows := rowArgs(p, 4*T)
	a := args{"HEADS": H, "HD": hd, "QUADS": hd / 4, "LANES": lanes, "ROWS": rows, "Texel": false}
	p.Dispatch(newKernel("attention_probabilities", a, gpu.Kernel{
		Params: []uint32{uint32(N), uint32(T)}, Groups: spread(ceil(N, rows)), Trips: 3 * ceil(T, lanes),
		Flops: 2 * N * T * hd, Tolerance: approximate,
		Twin: func(a [][]float32) { ref.AttentionProbabilities(a[1], a[0], H, T) },
	}), qkv, out)
	return out
}

func (l *Attention) valid(p *gpu.Program, qkv gpu.Tensor) bool {
	D := qkv.Cols() / 3
	if l.Heads < 1 || l.Tokens < 1 || qkv.Rows()%l.Tokens != 0 || qkv.Cols()%3 != 0 || D%l.Heads != 0 ||
		D/l.Heads%4 != 0 || D/l.Heads > 128 {
		p.Fail("attention: qkv %v does not fit %d heads and %d tokens; the head size is a multiple of 4 up to 128",
			qkv.Shape, l.Heads, l.Tokens)
		return false
	}
	return true
}

// kernel specialises one of the three whose invocations hold a block of tokens and walk all others; it takes
// `products` multiplications a pair of tokens and element of a head.
func (l *Attention) kernel(p *gpu.Program, name string, products int, twin func([][]float32)) gpu.Kernel {
	H, T := l.Heads, l.Tokens
	hd, B := l.qkv.Cols()/3/H, l.qkv.Rows()/T
	mine, each, group, texel := attentionShape(p, hd)
	blocks := ceil(T, mine)
	a := args{
		"HEADS": H, "HD": hd, "QUADS": hd / 4, "MINE": mine, "EACH": each, "WORKGROUP": group, "Texel": texel,
	}
	return newKernel(name, a, gpu.Kernel{
		Params: []uint32{uint32(B * H * blocks), uint32(T), uint32(blocks)},
		Groups: spread(ceil(B*H*blocks, group)), Trips: ceil(T, each),
		Flops: products * B * H * T * T * hd, Tolerance: approximate, Twin: twin,
	})
}

// attentionShape says how many tokens an invocation holds, how many it meets a turn, how many invocations make
// a workgroup and whether they read textures. On a software adapter reads cost more than arithmetic, and texels
// less than buffers: hold as many as compile in a few seconds. On a GPU a second token would spill.
func attentionShape(p *gpu.Program, hd int) (mine, each, group int, texel bool) {
	switch {
	case p.Target.Matmul == gpu.Tile:
		return 1, 1, workgroup, false
	case hd > 64:
		return 2, 1, 8, true
	}
	return 4, 2, 8, true
}
