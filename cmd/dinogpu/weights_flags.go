package main

import (
	"errors"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// weightsFlags name trained weights, for every command that runs them.
type weightsFlags struct {
	Weights       string `aliases:"pretrained-weights" placeholder:"PATH" help:"A run's folder, a .dino checkpoint or a .safetensors file under the released names."`
	CheckpointKey string `enum:"teacher,student" default:"teacher" help:"Which network of a file that holds both: ${enum}."`
}

var errNoWeights = errors.New("name the weights with --weights: a run's folder, a .dino checkpoint or a .safetensors file")

// open reads the weights; what was passed over is said.
func (f *weightsFlags) open(a *app) (*weights.Model, error) {
	return weights.Open(f.Weights, weights.Options{Notice: func(err error) { a.console.Print("%v", err) }})
}
