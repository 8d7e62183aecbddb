package layers

import (
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
)

// An Activation stands between the linear layers of an MLP.
type Activation string

// The activations.
const (
	GELU Activation = "gelu"
	ReLU Activation = "relu"
)

// MLPConfig is the size of a projector or predictor: linear layers with an activation between them.
type MLPConfig struct {
	Widths      []int // In first, Out last; a linear layer between each two
	Activation  Activation
	BatchNorm   bool // ahead of each activation
	NoLastBias  bool
	StudentOnly bool // the teacher has none
}

// names of the linear layers as torch.nn.Sequential numbers them among batch norms and activations; one alone is no
// Sequential.
func (c MLPConfig) names(prefix string) []string {
	if len(c.Widths) == 2 {
		return []string{prefix}
	}
	step := 2
	if c.BatchNorm {
		step = 3
	}
	var names []string
	for i := range len(c.Widths) - 1 {
		names = append(names, fmt.Sprintf("%s.%d", prefix, step*i))
	}
	return names
}

// normName is the name of the batch norm behind the i-th linear layer.
func (c MLPConfig) normName(prefix string, i int) string { return fmt.Sprintf("%s.%d", prefix, 3*i+1) }

// AddParams appends the tensors in the order of a state_dict, under names that begin with prefix.
func (c MLPConfig) AddParams(l *Params, prefix string) {
	first, names := len(l.List), c.names(prefix)
	for i, name := range names {
		last := i == len(names)-1
		if last && c.NoLastBias {
			l.addWeight(name, c.Widths[i+1], c.Widths[i])
		} else {
			l.addLinear(name, c.Widths[i+1], c.Widths[i])
		}
		if c.BatchNorm && !last {
			l.addBatchNorm(c.normName(prefix, i), c.Widths[i+1])
		}
	}
	for i := range l.List[first:] {
		l.List[first+i].StudentOnly = c.StudentOnly
	}
}

// Multiplies are the multiply-adds forward for one row.
func (c MLPConfig) Multiplies() float64 {
	n := 0.0
	for i := range len(c.Widths) - 1 {
		n += float64(c.Widths[i]) * float64(c.Widths[i+1])
	}
	return n
}

// MLP is what an MLPConfig describes.
type MLP struct {
	config MLPConfig
	linear []Linear
	norms  []BatchNorm
	inner  []gpu.Tensor // of each activation: a GELU's input, a ReLU's output
}

// NewMLP binds an MLP to weights, and to gradients unless they are nil.
func NewMLP(c MLPConfig, prefix string, weights, gradients *Arena, mode Mode) *MLP {
	m := &MLP{config: c}
	names := c.names(prefix)
	for i, name := range names {
		last := i == len(names)-1
		l, bias := Linear{Weight: weights.Tensor(name + ".weight")}, !last || !c.NoLastBias
		if bias {
			l.Bias = weights.Tensor(name + ".bias")
		}
		if gradients != nil {
			l.DWeight = gradients.Tensor(name + ".weight")
			if bias {
				l.DBias = gradients.Tensor(name + ".bias")
			}
		}
		m.linear = append(m.linear, l)
		if c.BatchNorm && !last {
			n := bindBatchNorm(c.normName(prefix, i), weights, gradients, mode)
			n.ReLU = c.Activation == ReLU
			m.norms = append(m.norms, n)
		}
	}
	return m
}

// Forward records the result (R, Out) for x (R, In). With batch norm, the R rows are one batch of it.
func (m *MLP) Forward(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	m.inner = make([]gpu.Tensor, len(m.linear)-1)
	for i := range m.inner {
		x = m.activated(p, i, x)
	}
	return m.linear[len(m.linear)-1].Forward(p, x, Epilogue{})
}

// activated records the i-th linear layer and what follows it up to the next.
func (m *MLP) activated(p *gpu.Program, i int, x gpu.Tensor) gpu.Tensor {
	l := &m.linear[i]
	gelu := m.config.Activation == GELU
	switch {
	case m.config.BatchNorm:
		x = m.norms[i].Forward(p, l.Forward(p, x, Epilogue{}))
		if m.inner[i] = x; gelu {
			x = geluForward(p, x)
		}
	case gelu:
		m.inner[i] = p.Scratch("head.before", x.Rows(), l.Weight.Rows())
		x = l.Forward(p, x, Epilogue{Gelu: m.inner[i]})
	default:
		x = reluForward(p, l.Forward(p, x, Epilogue{}))
		m.inner[i] = x
	}
	return x
}

// Backward records the gradients of all weights and returns that of x, from dy (R, Out).
func (m *MLP) Backward(p *gpu.Program, dy gpu.Tensor) gpu.Tensor {
	for i := len(m.linear) - 1; i >= 0; i-- {
		var before gpu.Tensor // of a GELU
		if i > 0 && m.config.Activation == GELU {
			before = m.inner[i-1]
		}
		dy = m.linear[i].Backward(p, dy, before)
		switch {
		case i == 0:
		case m.config.BatchNorm:
			dy = m.norms[i-1].Backward(p, dy)
		case m.config.Activation == ReLU:
			dy = reluBackward(p, dy, m.inner[i-1])
		}
	}
	return dy
}
