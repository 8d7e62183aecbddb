package main

import (
	"fmt"

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
	record := func(s settings.Settings) error {
		t, err := recordWhatFits(&s, target, con)
		if err != nil {
			return err
		}
		for _, p := range t.Programs() {
			p.Each(func(k gpu.Kernel, _ []gpu.Tensor) { add(k) })
		}
		return nil
	}
	for _, change := range ablations {
		own := s
		if err := own.Set(change[0], change[1]); err != nil {
			return err
		}
		if err := record(own); err != nil {
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
		if err := record(own); err != nil {
			return fmt.Errorf("method %s: %w", m.Name, err)
		}
	}
	return nil
}
