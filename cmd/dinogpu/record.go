package main

import (
	"time"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

// recordWhatFits records the settings' training. Where it passes a limit, it halves the batch, here and in the
// settings, and says so.
func recordWhatFits(s *settings.Settings, target gpu.Target, con *console) (*dino.Trainer, error) {
	asked := s.Config.BatchSize
	t, err := dino.RecordFitting(s.Config, target, dino.Options{Crops: s.Run.Crops})
	if err != nil {
		return nil, err
	}
	if s.Config.BatchSize = t.Config.BatchSize; s.Config.BatchSize < asked {
		con.Print("batch %d instead of %d, which passes the limits of WebGPU", s.Config.BatchSize, asked)
	}
	return t, nil
}

// tuner finds matmul variants for a device as the options say, and tells the console.
func (a *app) tuner(d *gpu.Device, o settings.Run, budget time.Duration) tuning.Tuner {
	return tuning.Tuner{
		Device: d, Program: versionText(), Matmul: o.Matmul, Off: !o.Tune, Time: budget,
		Say: func(sentence string) { a.console.Print("%s", sentence) }, Status: a.console.Status,
	}
}
