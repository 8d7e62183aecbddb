package layers

import "github.com/dinogpu/dinogpu/gpu"

// resNetPass is a ResNet's pass over images of one size.
type resNetPass struct {
	conv   Convolution
	norm   BatchNorm
	pool   MaxPool
	blocks []*residualBlock
	last   Map
}

func newResNetPass(c ResNetConfig, b binding) *resNetPass {
	r := &resNetPass{conv: b.convolution("conv1", 2, 3), norm: b.norm("bn1", true)}
	for _, size := range c.blocks() {
		r.blocks = append(r.blocks, newResidualBlock(size, b))
	}
	return r
}

// forward records the maps of pixels after each block.
func (r *resNetPass) forward(p *gpu.Program, pixels Map) {
	x := r.conv.Forward(p, pixels)
	x.Tensor = r.norm.Forward(p, x.Tensor)
	x = r.pool.Forward(p, x)
	for _, b := range r.blocks {
		x = b.forward(p, x)
	}
	r.last = x
}

// backward records the gradients of all weights from that of the last map.
func (r *resNetPass) backward(p *gpu.Program, dy gpu.Tensor) {
	for i := len(r.blocks) - 1; i >= 0; i-- {
		dy = r.blocks[i].backward(p, dy)
	}
	r.conv.BackwardWeight(p, r.norm.Backward(p, r.pool.Backward(p, dy)))
}

// residualBlock is a bottleneck: y = relu(bn3(conv3(relu(bn2(conv2(relu(bn1(conv1(x)))))))) + shortcut(x)), the shortcut
// being x itself or a convolution with a norm. The stride is the 3 x 3 convolution's.
type residualBlock struct {
	convs    [3]Convolution
	norms    [3]BatchNorm
	shortcut *shortcut // nil: x itself
}

type shortcut struct {
	conv Convolution
	norm BatchNorm
}

func newResidualBlock(size bottleneck, b binding) *residualBlock {
	r := &residualBlock{
		convs: [3]Convolution{
			b.convolution(size.name+"conv1", 1, 0), b.convolution(size.name+"conv2", size.stride, 1), b.convolution(size.name+"conv3", 1, 0),
		},
		norms: [3]BatchNorm{b.norm(size.name+"bn1", true), b.norm(size.name+"bn2", true), b.norm(size.name+"bn3", true)},
	}
	if size.shortcut {
		r.shortcut = &shortcut{b.convolution(size.name+"downsample.0", size.stride, 0), b.norm(size.name+"downsample.1", false)}
	}
	return r
}

func (r *residualBlock) forward(p *gpu.Program, x Map) Map {
	short := x.Tensor
	if r.shortcut != nil {
		short = r.shortcut.norm.Forward(p, r.shortcut.conv.Forward(p, x).Tensor)
	}
	for i := range r.convs {
		x = r.convs[i].Forward(p, x)
		if i < len(r.convs)-1 {
			x.Tensor = r.norms[i].Forward(p, x.Tensor)
		} else {
			x.Tensor = r.norms[i].forwardAdd(p, x.Tensor, short)
		}
	}
	return x
}

// backward records the gradients of the block's weights and returns that of its input.
func (r *residualBlock) backward(p *gpu.Program, dy gpu.Tensor) gpu.Tensor {
	d, dshort := r.norms[2].backwardAdd(p, dy)
	for i := len(r.convs) - 1; ; i-- {
		r.convs[i].BackwardWeight(p, d)
		if i == 0 {
			break
		}
		d = r.norms[i-1].Backward(p, r.convs[i].BackwardInput(p, d, gpu.Tensor{}))
	}
	if r.shortcut == nil {
		return r.convs[0].BackwardInput(p, d, dshort) // added to what flows past the block
	}
	dx := r.convs[0].BackwardInput(p, d, gpu.Tensor{})
	d = r.shortcut.norm.Backward(p, dshort)
	r.shortcut.conv.BackwardWeight(p, d)
	return r.shortcut.conv.BackwardInput(p, d, dx)
}
