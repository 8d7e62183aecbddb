package main

import (
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// ablations are changes of a preset that bring kernels of their own, each by itself.
var ablations = [][2]string{
	{"centering", string(settings.CenteringSinkhorn)},
	{"loss", string(settings.MSE)},
	{"predictor", "true"},
	{"use_bn_in_head", "true"},
	{"head_activation", "relu"},
}

// methodKernels are the kernels of every method and ablation.
func methodKernels(s settings.Settings, target gpu.Target, con *console, add func(gpu.Kernel)) error {
	changes := ablations
	for _, m := range settings.Methods() {
		changes = append(changes, [2]string{"method", m.Name})
	}
	for _, change := range changes {
		own := s
		if err := own.Set(change[0], change[1]); err != nil {
			return err
		}
		t, err := recordWhatFits(&own, target, con)
		if err != nil {
			return err
		}
		for _, p := range t.Programs() {
			p.Each(func(k gpu.Kernel, _ []gpu.Tensor) { add(k) })
		}
	}
	return nil
}
