package dino

import (
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// MoCo with its queue: six steps each, beside PyTorch in float64.
func TestMoCoAgainstPyTorch(t *testing.T) {
	moco := func(f func(c *settings.Config)) func(c *settings.Config) {
		return func(c *settings.Config) {
			c.Method, c.HeadActivation, c.UseBNInHead, c.QueueLength = settings.MethodMoCo, "relu", true, 24
			if f != nil {
				f(c)
			}
		}
	}
	for _, x := range []methodRun{
		{row: "", set: moco(nil)},
		{row: "adamw", set: moco(func(c *settings.Config) { c.Optimizer = settings.AdamW; c.LR = 0.002 * 64 }), moved: 5e-2},
		{row: "two_crops", set: moco(func(c *settings.Config) { c.LocalCropsNumber = 0 })},
	} {
		x.file, x.losses = "moco", 1e-3
		x.check(t)
	}
}
