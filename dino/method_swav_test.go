package dino

import (
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// SwAV, with and without its queue: six steps each, beside PyTorch in float64.
func TestSwAVAgainstPyTorch(t *testing.T) {
	swav := func(f func(c *settings.Config)) func(c *settings.Config) {
		return func(c *settings.Config) {
			c.Method, c.HeadActivation, c.UseBNInHead, c.HeadLayers, c.OutDim = settings.MethodSwAV, "relu", true, 2, 40
			c.WarmupTeacherTemp, c.TeacherTemp, c.FreezeLastLayer, c.QueueLength = 0.05, 0.05, 1, 0
			if f != nil {
				f(c)
			}
		}
	}
	for _, x := range []methodRun{
		{row: "", set: swav(nil)},
		{row: "adamw", set: swav(func(c *settings.Config) { c.Optimizer = settings.AdamW; c.LR = 0.002 * 64 }), moved: 5e-2},
		{row: "queue", set: swav(func(c *settings.Config) { c.QueueLength, c.EpochQueueStarts = 8, 1 })},
		{row: "two_crops", set: swav(func(c *settings.Config) { c.LocalCropsNumber = 0 })},
	} {
		x.file, x.losses = "swav", 1e-3
		x.check(t)
	}
}
