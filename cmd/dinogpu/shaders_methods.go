package main

import (
	"fmt"

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
	for _, change := range ablations {
		own := s
		if err := own.Set(change[0], change[1]); err != nil {
			return err
		}
		if err := addOf(files, own.Config, target); err != nil {
			return fmt.Errorf("%s %s: %w", change[0], change[1], err)
		}
	}
	for _, m := range settings.Methods() {
		own := s
		if err := own.TakeMethod(m.Name); err != nil {
			return err
		}
		if own.Config.QueueLength == 0 { // kernels of a queue too
			own.Config.QueueLength = 2 * own.Config.HeadBottleneck
		}
		if err := addOf(files, own.Config, target); err != nil {
			return fmt.Errorf("method %s: %w", m.Name, err)
		}
	}
	return nil
}

// addOf adds the kernels of a shallow network of c.
func addOf(files map[string]string, c settings.Config, target gpu.Target) error {
	c.BatchSize, c.Depth = 2, 1
	t, err := dino.Record(c, target, 1, dino.Options{})
	if err != nil {
		return err
	}
	for _, p := range t.Programs() {
		p.Each(func(k gpu.Kernel, _ []gpu.Tensor) { files[shaderFile(k)] = k.Source })
	}
	return nil
}
