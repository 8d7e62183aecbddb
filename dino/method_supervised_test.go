package dino

import (
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// Supervised training with smoothed labels: six steps each, beside PyTorch in float64.
func TestSupervisedAgainstPyTorch(t *testing.T) {
	set := func(c *settings.Config) {
		c.Method, c.LocalCropsNumber, c.Classes, c.LabelSmoothing = settings.MethodSupervised, 0, 10, 0.1
	}
	for _, x := range []methodRun{
		{row: "", set: set},
		{row: "adamw", set: func(c *settings.Config) { set(c); c.Optimizer = settings.AdamW; c.LR = 0.002 * 64 }},
	} {
		x.file = "supervised"
		x.check(t)
	}
}
