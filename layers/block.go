package layers

import "github.com/dinogpu/dinogpu/gpu"

// TransformerBlock is a pre-norm transformer block: x += proj(attention(norm1(x))), x += fc2(gelu(fc1(norm2(x)))).
type TransformerBlock struct {
	Norm1, Norm2        LayerNorm
	DNorm1, DNorm2      LayerNorm // only Weight and Bias: where the gradients go
	QKV, Proj, FC1, FC2 Linear
	Attention           Attention

	// ClassOnly makes the block give the class token's row of each image alone. After the last
	// block's attention nothing mixes tokens, and only that row is used: work on the others would be wasted.
	ClassOnly bool

	// Drop is drop path: the numbers by which the rows of each image are multiplied at the end of the attention's branch
	// and of the MLP's.
	Drop [2]gpu.Tensor

	spans  Spans
	hidden gpu.Tensor // the GELU's input
}

// Forward records the block's output for x (R, D), whose tokens lie in spans: (R, D), or (images, D) with
// ClassOnly.
func (b *TransformerBlock) Forward(p *gpu.Program, x gpu.Tensor, spans Spans) gpu.Tensor {
	b.spans = spans
	return b.after(p, x, b.qkv(p, x))
}

// qkv records queries, keys and values (R, 3*D) for x.
func (b *TransformerBlock) qkv(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	return b.QKV.Forward(p, b.norm(p, &b.Norm1, x), Epilogue{})
}

// keptQKV records the same into memory that outlives the program.
func (b *TransformerBlock) keptQKV(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	kept := gpu.NewTensor("qkv", x.Rows(), b.QKV.Weight.Rows())
	return b.QKV.forwardInto(p, b.norm(p, &b.Norm1, x), kept, Epilogue{})
}

// after records the rest of the block, after qkv.
func (b *TransformerBlock) after(p *gpu.Program, x, qkv gpu.Tensor) gpu.Tensor {
	o := b.attend(p, qkv)
	if b.ClassOnly {
		o, x = classRows(p, o, x, b.spans)
	}
	x = b.Proj.Forward(p, o, Epilogue{RowScale: b.drop(0), Residual: x})
	b.hidden = p.Scratch("mlp.before", x.Rows(), b.FC1.Weight.Rows())
	h := b.FC1.Forward(p, b.norm(p, &b.Norm2, x), Epilogue{Gelu: b.hidden})
	return b.FC2.Forward(p, h, Epilogue{RowScale: b.drop(1), Residual: x})
}

// drop is the scale of a branch's rows at its end.
func (b *TransformerBlock) drop(branch int) RowScale {
	s := RowScale{b.Drop[branch], b.spans}
	if b.ClassOnly {
		return s.classes()
	}
	return s
}

func (b *TransformerBlock) attend(p *gpu.Program, qkv gpu.Tensor) gpu.Tensor {
	defer p.Section("attention")()
	return b.Attention.Forward(p, qkv, b.spans)
}

func (b *TransformerBlock) norm(p *gpu.Program, n *LayerNorm, x gpu.Tensor) gpu.Tensor {
	defer p.Section("layernorm")()
	return n.Forward(p, x)
}

// Backward records the gradients of the block's weights and returns that of its input, from dy, that of its
// output.
func (b *TransformerBlock) Backward(p *gpu.Program, dy gpu.Tensor) gpu.Tensor {
	if !p.Target.Software && b.hidden.Len()%4 == 0 {
		// a GPU has more arithmetic than memory, so the hidden layer is made again; for software it is the other way round
		b.FC2.x = geluForward(p, b.hidden)
	}
	dn := b.FC1.Backward(p, b.FC2.Backward(p, b.drop(1).apply(p, dy), b.hidden), gpu.Tensor{})
	dx := b.normBackward(p, &b.Norm2, dn, dy, &b.DNorm2)
	do := b.Proj.Backward(p, b.drop(0).apply(p, dx), gpu.Tensor{})
	if b.ClassOnly {
		do, dx = allRows(p, do, dx, b.spans)
	}
	dn = b.QKV.Backward(p, b.attendBackward(p, do), gpu.Tensor{})
	return b.normBackward(p, &b.Norm1, dn, dx, &b.DNorm1)
}

func (b *TransformerBlock) attendBackward(p *gpu.Program, do gpu.Tensor) gpu.Tensor {
	defer p.Section("attention")()
	return b.Attention.Backward(p, do)
}

func (b *TransformerBlock) normBackward(p *gpu.Program, n *LayerNorm, dy, residual gpu.Tensor, d *LayerNorm) gpu.Tensor {
	defer p.Section("layernorm")()
	return n.Backward(p, dy, residual, d.Weight, d.Bias)
}
