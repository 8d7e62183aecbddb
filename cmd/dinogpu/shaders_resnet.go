package main

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// resNetKernels are the kernels of a small ResNet's passes, in training and in evaluation.
func resNetKernels(target gpu.Target, add func(gpu.Kernel)) error {
	c := layers.ResNetConfig{Layers: [4]int{1, 1, 1, 1}, Base: 8}
	l := &layers.Params{}
	c.AddParams(l, "")
	weights, gradients := l.NewArena("weights"), l.NewArena("gradients")
	p := gpu.NewProgram("resnet", target)
	images := layers.FloatImages(gpu.NewTensor("images", 4, 3, 37, 37))
	training := c.Bind("", weights, gradients, layers.Training)
	training.Backward(p, training.Forward(p, c.Input(p, images)))
	c.Bind("", weights, nil, layers.Evaluating).Forward(p, c.Input(p, images))
	if p.Err() == nil {
		p.Each(func(k gpu.Kernel, _ []gpu.Tensor) { add(k) })
	}
	return p.Err()
}
