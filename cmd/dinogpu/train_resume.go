package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"

	"github.com/dinogpu/dinogpu/dino/settings"

	"github.com/dinogpu/dinogpu/dino/run"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// resumed is what a run goes on from.
type resumed struct {
	run     *run.Folder // held for this process, not changed yet
	header  weights.Header
	tensors []layers.HostTensor // none: the run ended before it saved, and starts again at step 0
	matmul  gpu.Matmul          // the same choice gives the same bytes
	choices gpu.Choices
}

// openResume takes the run's folder, reads its newest whole checkpoint and
// holds the settings against those it was written with.
func openResume(s *settings.Settings, o trainOptions) (_ *resumed, err error) {
	stored, err := settings.Load(filepath.Join(o.Resume, "config.yaml"))
	if err != nil {
		return nil, err
	}
	if err := sameMathematics(stored, *s); err != nil {
		return nil, usageError{err}
	}
	from := &resumed{}
	if from.run, err = run.OpenFolder(o.Resume); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = from.run.Close() // the first error is the one to tell
		}
	}()
	from.header, from.tensors, err = weights.NewestCheckpoint(o.Resume, func(err error) {
		o.Console.Print("%v; the one before it is taken", err)
	})
	if errors.Is(err, weights.ErrNoCheckpoint) && begun(o.Resume) {
		o.Console.Print("%s ended before its first checkpoint: it starts again at its first step", o.Resume)
		return from, nil
	}
	if err != nil {
		return nil, err
	}
	if from.matmul, from.choices, err = layers.ParseMatmul(from.header.Matmul); err != nil {
		return nil, fmt.Errorf("the checkpoint of step %d in %s was computed with matmuls that this version does not have: %w; go on with the version that began the run", from.header.Step, o.Resume, err)
	}
	if stored, err = from.header.Settings(); err != nil {
		return nil, fmt.Errorf("the checkpoint's settings: %w", err)
	}
	if err := sameMathematics(stored, *s); err != nil {
		return nil, usageError{err}
	}
	if s.Run.Matmul != "auto" && s.Run.Matmul != from.header.Matmul || s.Run.Crops != stored.Run.Crops {
		o.Console.Print("--matmul or --crops is another than before: from here on rounding differs")
	}
	if s.Config.Epochs != stored.Config.Epochs {
		o.Console.Print("%d epochs instead of %d: the schedules are laid over the new length", s.Config.Epochs, stored.Config.Epochs)
	}
	return from, nil
}

// begun tells a run that was killed early from a folder that was never a run's.
func begun(run string) bool {
	_, err := os.Stat(filepath.Join(run, "metrics.jsonl"))
	return err == nil
}

// samePictures refuses to go on with others: their number and order decide
// every batch and schedule from here on.
func (f *resumed) samePictures(src augment.Source, data string) error {
	if f == nil || f.tensors == nil {
		return nil
	}
	if now := augment.Fingerprint(src); now != f.header.Pictures {
		return fmt.Errorf("--data %s holds other pictures than the run began with (%s then, %s now): name the folder that holds those, put them back as they were, or start a new run",
			data, f.header.Pictures, now)
	}
	return nil
}

// sameMathematics refuses, by name, what would make it another run. Where the
// pictures lie may change; samePictures sees that they are the same.
func sameMathematics(stored, now settings.Settings) error {
	free := map[string]bool{"num_workers": true, "data": true}
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
		if was == "" {
			was = "none"
		}
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
