package main

import (
	"github.com/dinogpu/dinogpu/dino"
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

// addMethods adds the kernels of every method and ablation, for batches of two images.
func addMethods(files map[string]string, s settings.Settings, target gpu.Target) error {
	changes := ablations
	for _, m := range settings.Methods() {
		changes = append(changes, [2]string{"method", m.Name})
	}
	for _, change := range changes {
		own := s
		if err := own.Set(change[0], change[1]); err != nil {
			return err
		}
		own.Config.BatchSize, own.Config.Depth = 2, 1
		t, err := dino.Record(own.Config, target, 1, dino.Options{})
		if err != nil {
			return err
		}
		for _, p := range t.Programs() {
			p.Each(func(k gpu.Kernel, _ []gpu.Tensor) { files[shaderFile(k)] = k.Source })
		}
	}
	return nil
}
