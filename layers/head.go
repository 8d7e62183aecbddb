package layers

import (
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
)

// HeadConfig is the size of DINO's projection head.
type HeadConfig struct {
	In         int // width of the features
	Layers     int // linear layers before the prototypes, at least 1
	Hidden     int
	Bottleneck int
	Out        int  // prototypes
	NormLast   bool // the prototypes' weight_g stays 1 (norm_last_layer)
}

// names of the MLP's linear layers, as torch.nn.Sequential numbers them between the GELUs.
func (c HeadConfig) names() []string {
	if c.Layers == 1 {
		return []string{"mlp"}
	}
	var names []string
	for i := range c.Layers {
		names = append(names, fmt.Sprintf("mlp.%d", 2*i))
	}
	return names
}

// widths are the sizes between the layers, In first and Bottleneck last.
func (c HeadConfig) widths() []int {
	w := []int{c.In}
	for range c.Layers - 1 {
		w = append(w, c.Hidden)
	}
	return append(w, c.Bottleneck)
}

// AddParams appends the head's tensors in the order and by the names of the released state_dict.
func (c HeadConfig) AddParams(l *Params, prefix string) {
	w := c.widths()
	for i, name := range c.names() {
		l.addLinear(prefix+name, w[i+1], w[i])
	}
	l.Add(Param{
		Name: prefix + "last_layer.weight_g", Shape: []int{c.Out, 1}, Init: Init{Constant: 1},
		Decay: true, LastLayer: true, Frozen: c.NormLast,
	})
	l.Add(Param{
		Name: prefix + "last_layer.weight_v", Shape: []int{c.Out, c.Bottleneck}, Init: Init{FanIn: c.Bottleneck},
		Decay: true, LastLayer: true,
	})
}

// Prototypes are the head's last layer, a linear layer without bias whose rows have the length weight_g. They
// are the same for all crops of a step: they are normalized once, and their gradient passes back through that once.
type Prototypes struct {
	norm   WeightNorm
	v, g   gpu.Tensor
	dv, dg gpu.Tensor // dg is a zero Tensor where weight_g is frozen

	weight, dweight gpu.Tensor // (K, bottleneck)
}

// NewPrototypes binds the last layer to weights, and to gradients unless they are nil. trainGain also trains
// weight_g (norm_last_layer false).
func NewPrototypes(prefix string, weights, gradients *Arena, trainGain bool) *Prototypes {
	l := &Prototypes{v: weights.Tensor(prefix + "last_layer.weight_v"), g: weights.Tensor(prefix + "last_layer.weight_g")}
	if gradients != nil {
		l.dv = gradients.Tensor(prefix + "last_layer.weight_v")
		if trainGain {
			l.dg = gradients.Tensor(prefix + "last_layer.weight_g")
		}
	}
	return l
}

// Begin records the rows' normalization, ahead of any head that uses them.
func (l *Prototypes) Begin(p *gpu.Program) {
	defer p.Section("prototypes")()
	l.weight = l.norm.Forward(p, l.v, l.g)
	if !l.dv.IsZero() {
		l.dweight = p.Scratch("prototypes.dweight", l.v.Shape...)
		p.Clear(l.dweight)
	}
}

// Logits records y w^T, (R, K), of normalized rows y (R, bottleneck).
func (l *Prototypes) Logits(p *gpu.Program, y gpu.Tensor) gpu.Tensor {
	return MatMul(p, NT, y, l.weight, p.Scratch("logits", y.Rows(), l.weight.Rows()), Epilogue{})
}

// Backward records dy (R, bottleneck) from dlogits (R, K), and adds to the prototypes' gradient.
func (l *Prototypes) Backward(p *gpu.Program, dlogits, y, dy gpu.Tensor) {
	MatMul(p, TN, dlogits, y, l.dweight, Epilogue{Accumulate: true})
	MatMul(p, NN, dlogits, l.weight, dy, Epilogue{})
}

// End records the gradients of weight_v and weight_g, after the last head's Backward.
func (l *Prototypes) End(p *gpu.Program) {
	defer p.Section("prototypes")()
	l.norm.Backward(p, l.dweight, l.dv, l.dg)
}

// Head is DINO's projection head up to the prototypes: an MLP with GELUs, then L2 normalization.
type Head struct {
	mlp    []Linear
	before []gpu.Tensor // each GELU's input
	norm   RowNorm
}

// NewHead binds a head to weights, and to gradients unless they are nil.
func NewHead(c HeadConfig, prefix string, weights, gradients *Arena) *Head {
	h := &Head{}
	for _, name := range c.names() {
		l := Linear{Weight: weights.Tensor(prefix + name + ".weight"), Bias: weights.Tensor(prefix + name + ".bias")}
		if gradients != nil {
			l.DWeight, l.DBias = gradients.Tensor(prefix+name+".weight"), gradients.Tensor(prefix+name+".bias")
		}
		h.mlp = append(h.mlp, l)
	}
	return h
}

// Forward records the normalized rows (R, bottleneck) that the prototypes are compared with, from features (R, In).
func (h *Head) Forward(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	h.before = make([]gpu.Tensor, len(h.mlp))
	for i := range h.mlp {
		var e Epilogue
		if i < len(h.mlp)-1 {
			h.before[i] = p.Scratch("head.before", x.Rows(), h.mlp[i].Weight.Rows())
			e.Gelu = h.before[i]
		}
		x = h.mlp[i].Forward(p, x, e)
	}
	defer p.Section("prototypes")()
	return h.norm.Forward(p, x)
}

// Backward records the gradients of the head's weights and returns that of the features, from dy (R, bottleneck).
func (h *Head) Backward(p *gpu.Program, dy gpu.Tensor) gpu.Tensor {
	end := p.Section("prototypes")
	dx := h.norm.Backward(p, dy)
	end()
	for i := len(h.mlp) - 1; i >= 0; i-- {
		var inner gpu.Tensor
		if i > 0 {
			inner = h.before[i-1]
		}
		dx = h.mlp[i].Backward(p, dx, inner)
	}
	return dx
}
