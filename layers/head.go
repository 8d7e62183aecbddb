package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
)

// HeadConfig is the size and kind of DINO's projection head.
type HeadConfig struct {
	In         int // width of the features
	Layers     int // linear layers before the prototypes, at least 1
	Hidden     int
	Bottleneck int
	Out        int        // prototypes
	NormLast   bool       // the prototypes' weight_g stays 1 (norm_last_layer)
	BatchNorm  bool       // between the hidden layers and their activations (use_bn_in_head)
	Activation Activation // empty: GELU
	Plain      bool       // the MLP's last layer makes the logits: no bottleneck, no L2 normalization, no prototypes
	Predictor  bool       // of the student alone, ahead of the L2 normalization
}

// mlp is the size of what stands before the normalization, or all where the head is Plain.
func (c HeadConfig) mlp() MLPConfig {
	w := []int{c.In}
	for range c.Layers - 1 {
		w = append(w, c.Hidden)
	}
	out := c.Bottleneck
	if c.Plain {
		out = c.Out
	}
	return MLPConfig{Widths: append(w, out), Activation: c.activation(), BatchNorm: c.BatchNorm}
}

// predictor is that of a student that has one: an MLP of two layers without batch norm.
func (c HeadConfig) predictor() MLPConfig {
	return MLPConfig{Widths: []int{c.Bottleneck, c.Hidden, c.Bottleneck}, Activation: c.activation(), StudentOnly: true}
}

func (c HeadConfig) activation() Activation {
	if c.Activation == "" {
		return GELU
	}
	return c.Activation
}

// AddParams appends the head's tensors in the order and by the names of the released state_dict.
func (c HeadConfig) AddParams(l *Params, prefix string) {
	c.mlp().AddParams(l, prefix+"mlp")
	if c.Plain {
		last := l.List[len(l.List)-2:]
		last[0].LastLayer, last[1].LastLayer = true, true
		return
	}
	if c.Predictor {
		c.predictor().AddParams(l, prefix+"predictor")
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

// Multiplies are the multiply-adds forward for one row of the student's, and of the teacher's.
func (c HeadConfig) Multiplies() (student, teacher float64) {
	teacher = c.mlp().Multiplies()
	if c.Plain {
		return teacher, teacher
	}
	teacher += float64(c.Bottleneck) * float64(c.Out)
	if c.Predictor {
		return teacher + c.predictor().Multiplies(), teacher
	}
	return teacher, teacher
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

// Head is DINO's projection head up to the prototypes: an MLP, the student's predictor, then L2 normalization. One that is
// Plain makes the logits themselves.
type Head struct {
	mlp, predictor *MLP
	norm           *RowNorm
}

// NewHead binds a head to weights, and to gradients unless they are nil. The predictor, if there is one, is that of a
// student.
func NewHead(c HeadConfig, prefix string, weights, gradients *Arena, mode Mode, student bool) *Head {
	h := &Head{mlp: NewMLP(c.mlp(), prefix+"mlp", weights, gradients, mode)}
	if c.Plain {
		return h
	}
	h.norm = &RowNorm{}
	if c.Predictor && student {
		h.predictor = NewMLP(c.predictor(), prefix+"predictor", weights, gradients, mode)
	}
	return h
}

// Forward records the normalized rows (R, bottleneck) that the prototypes are compared with, from features (R, In); of a
// Plain head the logits (R, Out).
func (h *Head) Forward(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	x = h.mlp.Forward(p, x)
	if h.norm == nil {
		return x
	}
	if h.predictor != nil {
		x = h.predictor.Forward(p, x)
	}
	defer p.Section("prototypes")()
	return h.norm.Forward(p, x)
}

// Backward records the gradients of the head's weights and returns that of the features, from that of Forward's result.
func (h *Head) Backward(p *gpu.Program, dy gpu.Tensor) gpu.Tensor {
	if h.norm != nil {
		end := p.Section("prototypes")
		dy = h.norm.Backward(p, dy)
		end()
	}
	if h.predictor != nil {
		dy = h.predictor.Backward(p, dy)
	}
	return h.mlp.Backward(p, dy)
}
