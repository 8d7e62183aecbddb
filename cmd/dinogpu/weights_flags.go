package main

import (
	"errors"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// weightsFlags name trained weights, for every command that runs them.
type weightsFlags struct {
	Weights       string `aliases:"pretrained-weights" placeholder:"PATH" help:"A run's folder, runs/latest, a checkpoint (.dino, .pth), a .safetensors file, or a folder of timm or Hugging Face."`
	CheckpointKey string `enum:"teacher,student" default:"teacher" help:"Which network of a file that holds both: ${enum}."`
	Partial       bool   `help:"Take what fits where a file is not exactly a backbone; what is missing starts as in a new network."`
}

var errNoWeights = errors.New("name the weights with --weights: a run's folder, a checkpoint (.dino or .pth) or a .safetensors file")

// open reads the weights; what was passed over is said.
func (f *weightsFlags) open(a *app) (*weights.Model, error) {
	return weights.Open(f.Weights, weights.Options{Partial: f.Partial, Notice: func(err error) { a.console.Print("%v", err) }})
}
