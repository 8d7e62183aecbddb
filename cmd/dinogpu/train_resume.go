package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// resumed is what a run goes on from.
type resumed struct {
	header  dino.CheckpointHeader
	tensors []dino.HostTensor
	matmul  gpu.Matmul // the same choice gives the same bytes
	choices gpu.Choices
}

// openResume reads the newest whole checkpoint of the run and holds the
// settings against those it was written with.
func openResume(s *dino.Settings, o trainOptions) (*resumed, error) {
	stored, err := dino.LoadSettings(filepath.Join(o.Resume, "config.yaml"))
	if err != nil {
		return nil, err
	}
	if err := sameMathematics(stored, *s); err != nil {
		return nil, usageError{err}
	}
	h, tensors, err := dino.NewestCheckpoint(o.Resume, func(err error) {
		o.Console.Print("%v; the one before it is taken", err)
	})
	if err != nil {
		return nil, err
	}
	member, choices, err := layers.ParseMatmul(h.Matmul)
	if err != nil {
		return nil, fmt.Errorf("the checkpoint of step %d in %s was computed with matmuls that this version does not have: %w; go on with the version that began the run", h.Step, o.Resume, err)
	}
	if s.Config.Epochs != stored.Config.Epochs {
		o.Console.Print("%d epochs instead of %d: the schedules are laid over the new length", s.Config.Epochs, stored.Config.Epochs)
	}
	return &resumed{header: h, tensors: tensors, matmul: member, choices: choices}, nil
}

// sameMathematics refuses, by name, what would make it another run.
func sameMathematics(stored, now dino.Settings) error {
	free := map[string]bool{"num_workers": true, "preset": true}
	run := map[string]bool{}
	for _, key := range runKeys() {
		run[key] = true
	}
	for _, key := range stored.Keys() {
		was, _ := stored.Get(key)
		is, _ := now.Get(key)
		if was == is || free[key] || run[key] {
			continue
		}
		if key == "epochs" && now.Config.Epochs > stored.Config.Epochs {
			continue
		}
		flag := "--" + strings.ReplaceAll(key, "_", "-")
		return fmt.Errorf("%s %s would make it another run: it began with %s; leave the flag out, or start a new run", flag, is, was)
	}
	return nil
}

// runKeys are the settings that do not change what a step computes.
func runKeys() []string {
	return []string{
		"max_steps", "max_time", "checkpoint_every", "keep", "saveckp_freq", "knn_every", "knn_train", "knn_test",
		"adapter", "matmul", "tune", "crops",
	}
}
