package layers

import (
	"fmt"
	"math"

	"github.com/dinogpu/dinogpu/gpu"
)

// ResNetConfig is the size of a ResNet of bottleneck blocks (torchvision's resnet50: 3, 4, 6 and 3 blocks, base 64).
type ResNetConfig struct {
	Layers [4]int // blocks of each of the four stages
	Base   int    // channels of the stem, and of the first stage's narrow convolutions
}

// expansion is the number of channels of a block's result over those of its narrow convolutions.
const expansion = 4

// Width is the number of features of an image: the channels of the last stage.
func (c ResNetConfig) Width() int { return c.Base * 8 * expansion }

// A bottleneck is the size of one block: 1 x 1, 3 x 3 with the stride, 1 x 1 to four times as many channels.
type bottleneck struct {
	name       string // "layer1.0."
	in, narrow int
	stride     int
	shortcut   bool // by a convolution; otherwise the block's input as it is
}

func (b bottleneck) out() int { return b.narrow * expansion }

// blocks are the sizes of all blocks in order.
func (c ResNetConfig) blocks() (all []bottleneck) {
	in := c.Base
	for stage, blocks := range c.Layers {
		for i := range blocks {
			b := bottleneck{name: fmt.Sprintf("layer%d.%d.", stage+1, i), in: in, narrow: c.Base << stage, stride: 1, shortcut: i == 0}
			if i == 0 && stage > 0 {
				b.stride = 2
			}
			in = b.out()
			all = append(all, b)
		}
	}
	return all
}

// AddParams appends the backbone's tensors in the order and by the names of the released state_dict.
func (c ResNetConfig) AddParams(l *Params, prefix string) {
	first := len(l.List)
	l.addConvolution(prefix+"conv1", c.Base, 3, 7)
	l.addBatchNorm(prefix+"bn1", c.Base)
	for _, b := range c.blocks() {
		name := prefix + b.name
		l.addConvolution(name+"conv1", b.narrow, b.in, 1)
		l.addBatchNorm(name+"bn1", b.narrow)
		l.addConvolution(name+"conv2", b.narrow, b.narrow, 3)
		l.addBatchNorm(name+"bn2", b.narrow)
		l.addConvolution(name+"conv3", b.out(), b.narrow, 1)
		l.addBatchNorm(name+"bn3", b.out())
		if b.shortcut {
			l.addConvolution(name+"downsample.0", b.out(), b.in, 1)
			l.addBatchNorm(name+"downsample.1", b.out())
		}
	}
	for i := range l.List[first:] {
		l.List[first+i].Backbone = true
	}
}

// addConvolution appends a convolution's weight (out, in, K, K): normal with deviation sqrt(2 / (out K^2)), as torchvision
// draws a ResNet's.
func (l *Params) addConvolution(name string, out, in, K int) {
	l.Add(Param{
		Name: name + ".weight", Shape: []int{out, in, K, K}, Decay: true,
		Init: Init{Normal: math.Sqrt(2 / float64(out*K*K))},
	})
}

// Multiplies is the number of multiply-adds that a square image of that many pixels a side takes forward.
func (c ResNetConfig) Multiplies(side int) float64 {
	half := func(side int) int { return (side-1)/2 + 1 }
	side = half(side)
	n := float64(side*side) * float64(c.Base*3*7*7)
	side = half(side)
	for _, b := range c.blocks() {
		area := float64(side * side)
		n += area * float64(b.narrow*b.in)
		if b.stride == 2 {
			side = half(side)
			area = float64(side * side)
		}
		n += area * float64(b.narrow*b.narrow*9+b.narrow*b.out())
		if b.shortcut {
			n += area * float64(b.in*b.out())
		}
	}
	return n
}

// Input records the normalized pixels of images, those of each size in a map of their own.
func (c ResNetConfig) Input(p *gpu.Program, images ...Images) Input {
	return gatherPixels(p, images...)
}

// Bind binds a backbone to weights, and to gradients unless they are nil, under names with this prefix.
func (c ResNetConfig) Bind(prefix string, weights, gradients *Arena, mode Mode) Backbone {
	return &ResNet{config: c, bind: binding{prefix, weights, gradients, mode}}
}

// A binding is what a network's layers are bound to, by the names of their tensors.
type binding struct {
	prefix             string
	weights, gradients *Arena
	mode               Mode
}

func (b binding) norm(name string, relu bool) BatchNorm {
	n := bindBatchNorm(b.prefix+name, b.weights, b.gradients, b.mode)
	n.ReLU = relu
	return n
}

func (b binding) convolution(name string, stride, pad int) Convolution {
	c := Convolution{Weight: b.weights.Tensor(b.prefix + name + ".weight"), Stride: stride, Pad: pad}
	if b.gradients != nil {
		c.DWeight = b.gradients.Tensor(b.prefix + name + ".weight")
	}
	return c
}

// ResNet is a backbone that runs images of each size by themselves: in training each size is a batch of its own for batch
// norm, and moves the running statistics in its turn.
type ResNet struct {
	config ResNetConfig
	bind   binding
	passes []*resNetPass
}

// Forward records the features (images, Width) of pixels: the mean of the last stage over its positions.
func (r *ResNet) Forward(p *gpu.Program, x Input) gpu.Tensor {
	maps := x.(Pixels)
	images := 0
	for _, m := range maps {
		images += m.N
	}
	features := p.Scratch("features", max(images, 1), r.config.Width())
	r.passes = nil
	first := 0
	for _, m := range maps {
		pass := newResNetPass(r.config, r.bind)
		pass.forward(p, m)
		meanPool(p, pass.last, features, first)
		first += m.N
		r.passes = append(r.passes, pass)
	}
	return features
}

// Backward records the gradients of all weights, from that of the features.
func (r *ResNet) Backward(p *gpu.Program, dfeatures gpu.Tensor) {
	first := 0
	for _, pass := range r.passes {
		pass.backward(p, meanPoolBackward(p, pass.last, dfeatures, first))
		first += pass.last.N
	}
}
