package main

import (
	"errors"
	"fmt"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// recordTraining records the settings' training. Where it passes a limit of every GPU, the error says what to do.
func recordTraining(s settings.Settings, target gpu.Target, stepsPerEpoch int) (*dino.Trainer, error) {
	t, err := dino.Record(s.Config, target, stepsPerEpoch, dino.Options{Crops: s.Run.Crops})
	var limit *gpu.LimitError
	if errors.As(err, &limit) {
		return nil, fmt.Errorf("the run does not fit what every GPU has: %w; take a smaller --batch-size with --accumulate, --crops apart, or a smaller --out-dim", err)
	}
	return t, err
}

// recordWhatFits records the settings' training. Where it passes a limit, it halves the batch, here and in the
// settings, and says so.
func recordWhatFits(s *settings.Settings, target gpu.Target, con *console) (*dino.Trainer, error) {
	asked := s.Config.BatchSize
	for {
		t, err := recordTraining(*s, target, 1) // how many steps make an epoch is in no kernel
		var limit *gpu.LimitError
		if errors.As(err, &limit) && s.Config.BatchSize > 1 {
			s.Config.BatchSize /= 2
			continue
		}
		if err == nil && s.Config.BatchSize < asked {
			con.Print("batch %d instead of %d, which passes the limits of WebGPU", s.Config.BatchSize, asked)
		}
		return t, err
	}
}
