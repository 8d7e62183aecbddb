package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/dino/weights/released"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// weightsFlags name trained weights, for every command that runs them.
type weightsFlags struct {
	Weights       string `aliases:"pretrained-weights" placeholder:"PATH" help:"A run's folder, runs/latest, a checkpoint (.dino, .pth), a .safetensors file, a folder of timm or Hugging Face, or the name of pulled weights such as dino_vits16."`
	CheckpointKey string `enum:"teacher,student" default:"teacher" help:"Which network of a file that holds both: ${enum}."`
	Partial       bool   `help:"Take what fits where a file is not exactly a backbone; what is missing starts as in a new network."`
}

var errNoWeights = errors.New("name the weights with --weights: a run's folder, a checkpoint (.dino or .pth) or a .safetensors file")

// open reads the weights; what was passed over is said.
func (f *weightsFlags) open(a *app) (*weights.Model, error) {
	path, err := weightsPath(f.Weights)
	if err != nil {
		return nil, err
	}
	return weights.Open(path, weights.Options{Partial: f.Partial, Notice: func(err error) { a.console.Print("%v", err) }})
}

// upload opens the adapter and puts the network that the flags choose on it; done gives both back.
func (f *weightsFlags) upload(a *app, m *weights.Model, adapter string) (d *gpu.Device, arena *layers.Arena, done func(), err error) {
	if d, err = openDevice(adapter, a.console); err != nil {
		return nil, nil, nil, err
	}
	if arena, err = m.Upload(d, f.CheckpointKey); err != nil {
		d.Close()
		return nil, nil, nil, err
	}
	return d, arena, func() { arena.Release(); d.Close() }, nil
}

// weightsPath is the file or folder that a command's weights are named by: a path, or the name of released weights where no
// such path is there.
func weightsPath(w string) (string, error) {
	if _, err := os.Stat(w); err == nil || !released.Known(w) {
		return w, nil // what is not there is said by who opens it
	}
	path, err := released.Path(w)
	var missing *released.NotPulled
	if errors.As(err, &missing) {
		return "", fmt.Errorf("the weights %s are not on this machine yet: dinogpu weights pull %s fetches them", w, w)
	}
	return path, err
}
