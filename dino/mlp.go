package dino

import (
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// mlpOf is a projector's or predictor's size: linear layers of the head's hidden width from in to out, with the head's
// activation and batch norm.
func mlpOf(c settings.Config, in, linear, out int, noLastBias bool) layers.MLPConfig {
	widths := []int{in}
	for range linear - 1 {
		widths = append(widths, c.HeadHidden)
	}
	return layers.MLPConfig{
		Widths: append(widths, out), Activation: layers.Activation(c.HeadActivation), BatchNorm: c.UseBNInHead, NoLastBias: noLastBias,
	}
}
