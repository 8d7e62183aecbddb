// Command library trains a small model on the images inside dinogpu, from a program of its own: package run does all that
// `dinogpu train` does. A test builds it in a module that requires github.com/dinogpu/dinogpu.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// printer shows the loss of every step.
type printer struct{ run.Silent }

func (printer) Step(m dino.StepMetrics) { fmt.Printf("step %d: loss %.3f\n", m.Step, m.Loss) }

func main() {
	ctx := context.Background()
	s, err := settings.FromPreset("demo")
	if err != nil {
		log.Fatal(err)
	}
	s.Config.Limit, s.Config.Epochs, s.Config.WarmupEpochs = 64, 1, 0 // 4 steps
	s.Run.Tune = false                                                // measuring matmuls takes longer than that
	r, err := run.New(ctx, run.Options{Settings: s, Folder: os.Args[1], Notices: printer{}})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	if err := r.Train(ctx); err != nil {
		log.Fatal(err)
	}
}
