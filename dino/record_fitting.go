package dino

import (
	"errors"

	"github.com/dinogpu/dinogpu/gpu"
)

// RecordFitting is Record with the largest batch, c's or that halved as often as it takes, that passes no limit of
// WebGPU: the trainer's Config says which.
func RecordFitting(c Config, target gpu.Target, o Options) (*Trainer, error) {
	for {
		t, err := Record(c, target, 1, o) // how many steps make an epoch is in no kernel
		var limit *gpu.LimitError
		if errors.As(err, &limit) && c.BatchSize > 1 {
			c.BatchSize /= 2
			continue
		}
		return t, err
	}
}
